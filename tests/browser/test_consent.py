"""The code flow with the page clicked in a browser: O1, O4 and O11 of oauth.md 9 where they need one."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from audit.models import AuditEvent
from catalog.models import Catalog, Privilege
from connections import integrations
from connections.models import Session
from tests.browser.world import BY
from tests.connections.conftest import verifier_and_challenge
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def listener():
    """A program on this computer that waits for the redirect, as a command line does."""
    heard = []

    class Callback(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>Done</title><p>You can close this.")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Callback)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def demo(bob):
    demo = Catalog.objects.create(name="demo", host="127.0.0.1", database="demo", user="demo", password_sealed=b"")
    Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=demo)
    return demo


@pytest.fixture
def app(transactional_db):
    return integrations.create(
        by=BY,
        name="Desk",
        redirect_urls=["http://localhost/callback"],
        scopes=["mcp.functions", "mcp.write", "offline_access"],
    )[0]


def url_for(app, redirect, challenge, **changes):
    parameters = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect,
        "scope": "mcp.functions mcp.write offline_access",
        "state": "xyz",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **changes,
    }
    return f"/oidc/v1/authorize?{urlencode(parameters)}"


@requirement("AS-CONSENT-HOST")
def test_a_person_allows_an_app_and_it_gets_tokens(sign_in, live_server, bob, demo, app, axe_source):
    verifier, challenge = verifier_and_challenge()
    page = sign_in(bob)
    with listener() as (origin, heard):
        redirect = f"{origin}/callback"
        resource = f"{live_server.url}/api/2.0/mcp/functions/demo/sales"
        page.goto(url_for(app, redirect, challenge, resource=resource))
        assert page.get_by_role("heading", name="Desk asks for access").evaluate("e => e === document.activeElement")
        assert "an app on this computer: localhost" in page.get_by_role("note").inner_text()
        assert not page.get_by_label("Change data").is_checked()
        found = page.evaluate(
            f"{axe_source}; axe.run().then(r => r.violations.map(v => v.id + v.nodes.map(n => n.html).join()))"
        )
        assert found == []
        page.get_by_role("button", name="Allow Desk").click()
        page.wait_for_url(f"{redirect}?*")
        got = {key: value for key, [value] in parse_qs(urlsplit(heard[0]).query).items()}
    assert (got["state"], got["iss"]) == ("xyz", live_server.url)
    form = {"grant_type": "authorization_code", "client_id": app.client_id, "code": got["code"]}
    form |= {"redirect_uri": redirect, "code_verifier": verifier, "resource": resource}
    answer = httpx2.post(f"{live_server.url}/oidc/v1/token", data=form).json()
    assert answer["scope"] == "mcp.functions offline_access"
    outcomes = AuditEvent.objects.filter(action__startswith="oauth.").order_by("at").values_list("action", "outcome")
    assert list(outcomes) == [("oauth.authorize", "allowed"), ("oauth.token", "allowed")]


@requirement("AS-CONSENT-WRITE", "AS-CONSENT-NARROW")
def test_a_person_narrows_and_switches_writing_on(sign_in, bob, demo, app):
    _, challenge = verifier_and_challenge()
    page = sign_in(bob)
    with listener() as (origin, _):
        page.goto(url_for(app, f"{origin}/callback", challenge))
        page.get_by_label("Change data").check()
        page.get_by_label("Only these").check()
        page.get_by_label("demo").check()
        page.get_by_label("Until you revoke it").select_option(label="1 hour")
        page.get_by_role("button", name="Allow Desk").click()
        page.wait_for_url(f"{origin}/callback?*")
    session = Session.objects.get()
    assert (session.catalogs, session.scopes) == (["demo"], ["mcp.functions", "mcp.write", "offline_access"])


@requirement("AS-CONSENT-DECLINE")
def test_cancel_sends_the_person_back_without_a_code(sign_in, bob, demo, app):
    _, challenge = verifier_and_challenge()
    page = sign_in(bob)
    with listener() as (origin, heard):
        page.goto(url_for(app, f"{origin}/callback", challenge))
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_url(f"{origin}/callback?*")
    assert "error=access_denied" in heard[0]
    assert "code=" not in heard[0]


@requirement("O1-other-client")
def test_o1_a_page_of_another_client_is_shown_after_a_consent(sign_in, bob, demo, app):
    _, challenge = verifier_and_challenge()
    other, _ = integrations.create(
        by=BY, name="Other", redirect_urls=["http://localhost/callback"], scopes=["mcp.functions"]
    )
    page = sign_in(bob)
    with listener() as (origin, heard):
        page.goto(url_for(app, f"{origin}/callback", challenge))
        page.get_by_role("button", name="Allow Desk").click()
        page.wait_for_url(f"{origin}/callback?*")
        page.goto(url_for(other, f"{origin}/callback", challenge, scope="mcp.functions"))
        assert page.get_by_role("heading", name="Other asks for access").is_visible()
        assert len(heard) == 1


@requirement("AS-REDIRECT-UNTRUSTED")
def test_the_request_that_cannot_be_trusted_is_explained(sign_in, bob, app):
    page = sign_in(bob)
    page.goto(url_for(app, "https://evil.example/callback", "x"))
    assert page.get_by_role("heading", name="The app cannot be connected").is_visible()
    assert "/oidc/v1/authorize" in page.url

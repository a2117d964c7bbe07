"""O3, O11, O13 and O14 of oauth.md 9 at a listening server, with the cookies of a real session."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from django.urls import reverse

from accounts import links
from connections import integrations
from connections.models import AuthorizationCode, Session
from tests.connections.conftest import BY, CALLBACK, SALES, verifier_and_challenge
from tests.connections.test_authorize import demo
from tests.requirements import requirement

__all__ = ["demo"]
pytestmark = pytest.mark.django_db(transaction=True)
URL = "/oidc/v1/authorize"


@pytest.fixture
def browser(server, bob):
    with httpx2.Client(base_url=server, timeout=30) as client:
        client.get(reverse("console-first-run", args=[links.make(bob, minutes=5)]))
        yield client


@pytest.fixture
def app(transactional_db):
    urls = [CALLBACK, "http://localhost/cb", "http://127.0.0.1/cb", "http://[::1]/cb"]
    return integrations.create(by=BY, name="Desk", redirect_urls=urls, scopes=["mcp.functions"])[0]


@pytest.fixture
def query(app, server):
    _, challenge = verifier_and_challenge()
    return {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": CALLBACK,
        "scope": "mcp.functions",
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": f"{server}{SALES}",
    }


def hidden(page):
    """The hidden fields of a form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


@requirement("O3-refused")
@pytest.mark.parametrize(
    "uri",
    [
        f"{CALLBACK}.evil.example",
        f"{CALLBACK}/../callback",
        f"{CALLBACK}/%2e%2e/callback",
        "https://app.example.com.evil.example/callback",
        "https://user@app.example.com/callback",
        "https://app.example.com@evil.example/callback",
        f"{CALLBACK}#fragment",
        "http://app.example.com/callback",
        "javascript:alert(1)",
        "https://app.example.com:8443/callback",
        "http://localhost:5000/other",
        "http://localhost.evil.example:5000/cb",
    ],
)
def test_o3_a_redirect_that_is_not_the_registered_one_is_a_page(uri, browser, query):
    answer = browser.get(URL, params={**query, "redirect_uri": uri})
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert f'href="{uri}"' not in answer.text
    assert not AuthorizationCode.objects.exists()


@requirement("O3-loopback-port")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_o3_a_program_on_this_computer_listens_on_any_port(host, browser, query):
    page = browser.get(URL, params={**query, "redirect_uri": f"http://{host}:49152/cb"})
    form = {**hidden(page), "decision": "allow", "minutes": "60"}
    answer = browser.post(URL, data=form, headers={"Origin": str(browser.base_url)})
    assert answer.headers["location"].startswith(f"http://{host}:49152/cb?code=")


@requirement("O9-success", "O9-error")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, None),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "mcp.sql"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none"}, "consent_required"),
    ],
)
def test_o9_whatever_the_client_is_sent_names_the_issuer(changes, error, browser, query, server):
    answer = browser.get(URL, params={**query, **changes})
    if error is None:
        form = {**hidden(answer), "decision": "allow", "minutes": "60"}
        answer = browser.post(URL, data=form, headers={"Origin": server})
    sent = {name: value for name, [value] in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert (sent["iss"], sent["state"], sent.get("error")) == (server, "s", error)
    assert sent["iss"] == browser.get("/.well-known/oauth-authorization-server").json()["issuer"]


@requirement("O11-framing", "AS-CONSENT-FRAMES")
def test_o11_no_page_of_another_site_can_frame_the_question(browser, query):
    assert "frame-ancestors 'none'" in browser.get(URL, params=query).headers["content-security-policy"]


@requirement("O13-misspelt")
@pytest.mark.parametrize(
    "extra",
    [{"gp_readonly": "true"}, {"gp_read_only": "yes"}, {"gp_catalogs": "demo"}, {"gp_": ""}, {"gp_Catalog": "demo"}],
)
def test_o13_a_misspelt_limit_is_refused_and_grants_nothing(extra, browser, query):
    answer = browser.get(URL, params={**query, **extra})
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert not Session.objects.exists()


@requirement("O14-query")
@pytest.mark.parametrize("path", [URL, "/oidc/v1/token", "/oidc/v1/introspect", "/api/2.0/preview/scim/v2/Me", SALES])
def test_o14_a_token_in_a_query_is_refused_at_every_door(path, browser, query):
    parameters = {**query, "access_token": "gp_at_x"} if path == URL else {"access_token": "gp_at_x"}
    answer = browser.request("GET" if path in {URL, "/api/2.0/preview/scim/v2/Me"} else "POST", path, params=parameters)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@requirement("O14-referrer")
def test_o14_what_carries_a_code_or_a_secret_sends_no_referrer(browser, query):
    page = browser.get(URL, params=query)
    assert page.headers["referrer-policy"] in {"no-referrer", "same-origin"}  # to itself alone, for the CSRF check
    form = {**hidden(page), "decision": "allow", "minutes": "60"}
    answer = browser.post(URL, data=form, headers={"Origin": str(browser.base_url)})
    assert "code" in parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["referrer-policy"] == "no-referrer"


@requirement("O11-csrf", "AS-CONSENT-CSRF")
@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_o11_an_answer_from_another_page_is_refused(origin, browser, query):
    form = {**hidden(browser.get(URL, params=query)), "decision": "allow", "minutes": "60"}
    headers = {} if origin is None else {"Origin": origin}
    if origin is None:
        form.pop("csrfmiddlewaretoken")
    assert browser.post(URL, data=form, headers=headers).status_code == 403
    assert not AuthorizationCode.objects.exists()


@requirement("O11-login-csrf")
def test_o11_nobody_is_signed_in_from_another_page(server, bob):
    bob.set_password("correct horse battery")
    bob.save()
    with httpx2.Client(base_url=server, timeout=30) as stranger:
        page = stranger.get("/sign-in")
        form = {"login": bob.email, "password": "correct horse battery"}
        assert stranger.post("/sign-in", data=form).status_code == 403
        form |= hidden(page)
        assert stranger.post("/sign-in", data=form, headers={"Origin": "https://evil.example"}).status_code == 403
        assert "/sign-in" in stranger.get("/").headers["location"]

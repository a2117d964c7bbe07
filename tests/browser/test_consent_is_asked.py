"""O1 and O2 of oauth.md 9 clicked in a browser: nothing but the very same question is answered by an old consent."""

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from catalog.models import Catalog, Privilege
from connections import integrations
from connections.models import AccessToken, Session
from tests.browser.test_consent import url_for
from tests.browser.world import BY
from tests.connections.conftest import verifier_and_challenge
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK, ELSEWHERE = "https://app.example.com/callback", "https://other.example.com/callback"
SALES = "/api/2.0/mcp/functions/demo/sales"
SCOPES = "mcp.functions offline_access"
DONE = "<!doctype html><link rel=icon href=data:,><title>Done</title><p>You can close this."


@pytest.fixture
def catalogs(bob):
    for name in ("demo", "more"):
        catalog = Catalog.objects.create(name=name, host="127.0.0.1", database="x", user="x", password_sealed=b"")
        Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=catalog)


@pytest.fixture
def make(transactional_db):
    """Make an app on the web: its consents are remembered, other than those of a program on this computer."""

    def make(name):
        scopes = ["mcp.functions", "mcp.sql", "mcp.write", "offline_access"]
        return integrations.create(by=BY, name=name, redirect_urls=[CALLBACK, ELSEWHERE], scopes=scopes)[0]

    return make


@pytest.fixture
def desk(make):
    return make("Desk")


class Person:
    """Somebody with a browser. No site of an app exists: who is sent to one sees its last page, and it is noted."""

    def __init__(self, page, origin):
        self.page, self.origin = page, origin
        self.sent = []
        page.route("**/oidc/v1/authorize*", self._arrives)

    def _arrives(self, route):
        response = route.fetch(max_redirects=0)
        to = response.headers.get("location", "")
        if to.startswith((CALLBACK, ELSEWHERE)):
            self.sent.append({name: value for name, [value] in parse_qs(urlsplit(to).query).items()})
            route.fulfill(content_type="text/html", body=DONE)
        else:
            route.fulfill(response=response)

    def follows(self, app, challenge, redirect=CALLBACK, **changes):
        """Open the link of an app; return whether the page asked, or else what the app was sent."""
        asked = {"scope": SCOPES, "resource": f"{self.origin}{SALES}", **changes}
        self.page.goto(url_for(app, redirect, challenge, **asked))
        heading = self.page.get_by_role("heading", name=f"{app.name} asks for access")
        return heading.count() == 1

    def allows(self, app):
        before = len(self.sent)
        self.page.get_by_role("button", name=f"Allow {app.name}").click()
        self.page.get_by_text("You can close this.").wait_for()
        assert len(self.sent) == before + 1
        return self.sent[-1]["code"]


@pytest.fixture
def bobs(sign_in, live_server, bob, catalogs, desk):
    """Bob, who has allowed Desk once and is not asked the same again."""
    person = Person(sign_in(bob), live_server.url)
    _, challenge = verifier_and_challenge()
    assert person.follows(desk, challenge)
    person.allows(desk)
    assert not person.follows(desk, challenge)
    assert len(person.sent) == 2
    return person


@requirement("O1-other-client")
def test_o1_another_client_is_asked_about(bobs, make):
    assert bobs.follows(make("Imitation"), "x" * 43)
    assert len(bobs.sent) == 2


@requirement(
    "O1-more-scope", "O1-other-resource", "O1-other-host", "O1-forced", "DOT-approval-prompt", "AS-CONSENT-PER-CLIENT"
)
@pytest.mark.parametrize(
    ("redirect", "changes"),
    [
        (CALLBACK, {"scope": f"{SCOPES} mcp.sql"}),
        (CALLBACK, {"scope": f"{SCOPES} mcp.write"}),
        (CALLBACK, {"scope": "mcp.functions"}),
        (CALLBACK, {"resource": "{origin}/api/2.0/mcp/functions/more/sales"}),
        (CALLBACK, {"resource": "{origin}"}),
        (ELSEWHERE, {}),
        (CALLBACK, {"prompt": "consent"}),
        (CALLBACK, {"scope": f"{SCOPES} mcp.sql", "approval_prompt": "auto"}),
        (CALLBACK, {"scope": f"{SCOPES} mcp.sql", "skip_authorization": "true"}),
    ],
    ids=["more", "write", "less", "resource", "origin", "host", "prompt", "approval_prompt", "skip"],
)
@requirement("AS-AUTHORIZE-UNKNOWN")
def test_o1_another_question_of_the_same_client_is_asked(redirect, changes, bobs, desk):
    changes = {name: value.format(origin=bobs.origin) for name, value in changes.items()}
    assert bobs.follows(desk, "x" * 43, redirect, **changes)
    assert len(bobs.sent) == 2


@requirement("O1-captured-page")
def test_o1_a_captured_link_and_a_captured_page_are_worth_nothing_in_another_browser(
    bobs, desk, sign_in, open_page, bob
):
    assert bobs.follows(desk, "x" * 43, prompt="consent")
    handle = bobs.page.locator("[name=handle]").input_value()
    stranger = open_page()
    stranger.goto(bobs.page.url)
    assert "/sign-in" in stranger.url
    elsewhere = Person(sign_in(bob), bobs.origin)
    assert elsewhere.follows(desk, "x" * 43, prompt="consent")
    elsewhere.page.locator("[name=handle]").evaluate("(input, handle) => input.value = handle", handle)
    elsewhere.page.get_by_role("button", name="Allow Desk").click()
    elsewhere.page.get_by_role("heading", name="The app cannot be connected").wait_for()
    assert elsewhere.sent == []
    bobs.allows(desk)


@requirement("O2-parallel-grants")
def test_o2_two_authorizations_at_once_keep_their_own_catalogs(bobs, desk, live_server):
    """The pages of both are open at the same time, and are answered in the other order."""
    bobs.sent.clear()
    codes, pages = {}, {}
    for name in ("demo", "more"):
        verifier, challenge = verifier_and_challenge()
        pages[name] = Person(bobs.page.context.new_page(), live_server.url), verifier
        assert pages[name][0].follows(desk, challenge, resource=live_server.url, prompt="consent")
    for name in ("more", "demo"):
        person, verifier = pages[name]
        person.page.get_by_label("Only these").check()
        person.page.get_by_label(name, exact=True).check()
        codes[name] = person.allows(desk), verifier
    for name, (code, verifier) in codes.items():
        form = {"grant_type": "authorization_code", "client_id": desk.client_id, "code": code}
        form |= {"redirect_uri": CALLBACK, "code_verifier": verifier}
        assert httpx2.post(f"{live_server.url}/oidc/v1/token", data=form, timeout=30).status_code == 200
        assert AccessToken.objects.latest("pk").session.catalogs == [name]
    assert Session.objects.count() == 4

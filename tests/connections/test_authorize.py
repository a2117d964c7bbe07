"""RFC 6749 4.1.1 and 4.1.2: the authorization endpoint over HTTP. tests/browser/test_consent.py clicks the page."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from accounts import links
from accounts.models import Account
from audit.models import AuditEvent
from catalog.models import Catalog, Privilege
from connections import built_in, integrations
from connections.models import AccessToken, AuthorizationCode, AuthorizationRequest, Consent, Session
from tests.connections.conftest import BY, CALLBACK, SALES, verifier_and_challenge
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/oidc/v1/authorize"


@pytest.fixture(autouse=True)
def demo(analysts):
    """A catalog that bob may use through his group."""
    demo = Catalog.objects.create(name="demo", host="127.0.0.1", database="demo", user="demo", password_sealed=b"")
    Privilege.objects.create(group=analysts, action="USE_CATALOG", securable="catalog", catalog=demo)
    return demo


@pytest.fixture
def browser(bob):
    return signed_in(bob)


def signed_in(person):
    client = Client(SERVER_NAME="localhost", SERVER_PORT="8000")
    client.get(reverse("console-first-run", args=[links.make(person, minutes=5)]))
    return client


@pytest.fixture
def web_app(transactional_db):
    """An app on the web, for which a consent is remembered."""
    return integrations.create(
        by=BY,
        name="Claude",
        redirect_urls=[CALLBACK],
        scopes=["mcp.functions", "mcp.sql", "mcp.write", "offline_access"],
    )[0]


@pytest.fixture
def query(web_app):
    _, challenge = verifier_and_challenge()
    return {
        "response_type": "code",
        "client_id": web_app.client_id,
        "redirect_uri": CALLBACK,
        "scope": "mcp.functions offline_access",
        "state": "a state & more",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": f"http://localhost:8000{SALES}",
    }


def ask(browser, query, **changes):
    wanted = {key: value for key, value in {**query, **changes}.items() if value is not None}
    return browser.get(URL, wanted)


def answer(browser, page, **choices):
    form = {"handle": page.context["handle"], "decision": "allow", "minutes": "1440", **choices}
    return browser.post(URL, form)


def sent_to(response):
    """Return the parameters that the client gets. Every answer names the issuer (O9)."""
    assert response.status_code == 302
    assert response.headers["Location"].startswith(f"{CALLBACK}?")
    got = {key: value for key, [value] in parse_qs(urlsplit(response.headers["Location"]).query).items()}
    assert got.pop("iss") == "http://localhost:8000"
    return got


def is_sent_back(response, error, reason):
    got = sent_to(response)
    assert (got["error"], got["state"]) == (error, "a state & more")
    is_recorded("denied", reason)
    assert not AuthorizationCode.objects.exists()


def is_recorded(outcome, reason=""):
    event = AuditEvent.objects.get(action="oauth.authorize")
    assert (event.outcome, event.reason) == (outcome, reason)


def is_a_page(response):
    assert response.status_code == 200
    assert response.templates[0].name == "connections/consent.html"
    return response


@requirement("O9-success", "AS-AUTHORIZE-STATE", "AS-ISS-RESPONSE")
def test_the_answer_carries_code_state_and_issuer_and_one_record(browser, query, bob):
    page = is_a_page(ask(browser, query))
    assert not Session.objects.exists()
    got = sent_to(answer(browser, page))
    assert got["state"] == "a state & more"
    assert AuthorizationCode.objects.get().code != got["code"]
    session = Session.objects.get()
    assert (session.user, session.audience, session.scopes) == (bob, SALES, ["mcp.functions", "offline_access"])
    is_recorded("allowed")


@requirement("AS-RESOURCE-BOUND")
def test_the_code_of_the_page_becomes_a_token(browser, query, web_app):
    verifier, challenge = verifier_and_challenge()
    got = sent_to(answer(browser, ask(browser, query, code_challenge=challenge)))
    form = {
        "grant_type": "authorization_code",
        "client_id": web_app.client_id,
        "code": got["code"],
        "redirect_uri": CALLBACK,
        "code_verifier": verifier,
        "resource": query["resource"],
    }
    response = browser.post("/oidc/v1/token", urlencode(form), content_type="application/x-www-form-urlencoded")
    assert response.json()["scope"] == "mcp.functions offline_access"
    assert AccessToken.objects.get().audience == SALES


def test_the_page_also_stands_under_the_account(browser, query):
    account_id = Account.load().account_id
    assert browser.get(f"/oidc/accounts/{account_id}/v1/authorize", query).status_code == 200
    assert browser.get("/oidc/accounts/00000000-0000-4000-8000-000000000000/v1/authorize", query).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"client_id": "a\x00b"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{CALLBACK}/more"},
        {"redirect_uri": "https://app.example.com.evil.example/callback"},
        {"redirect_uri": "https://user@app.example.com/callback"},
        {"redirect_uri": f"{CALLBACK}#x"},
        {"redirect_uri": "http://app.example.com/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://app.example.com:8443/callback"},
        {"scope": ["mcp.functions", "mcp.sql"]},
        {"gp_read_onyl": "true"},
        {"gp_read_only": "yes"},
        {"access_token": "gp_at_x"},
    ],
)
@requirement(
    "O3-refused", "O13-misspelt", "O14-query", "AS-REDIRECT-UNTRUSTED", "AS-AUTHORIZE-REPEATED", "AS-AUTHORIZE-UNKNOWN"
)
def test_o3_o13_o14_what_cannot_be_trusted_is_a_page_and_no_redirect(change, browser, query):
    response = ask(browser, query, **change)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert AuditEvent.objects.get(action="oauth.authorize").outcome == "denied"


@requirement("AS-DISABLED-APP")
def test_a_disabled_app_is_a_page(browser, query, web_app):
    integrations.set_enabled(web_app, False, by=BY)
    assert ask(browser, query).status_code == 400


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({"response_type": "token"}, "unsupported_response_type", "unsupported_response_type"),
        ({"response_type": None}, "invalid_request", "invalid_request"),
        ({"code_challenge": None}, "invalid_request", "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request", "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request", "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request", "code_challenge_malformed"),
        ({"scope": "default"}, "invalid_scope", "unknown_scope"),
        ({"scope": "all-apis"}, "invalid_scope", "scope_beyond_client"),
        ({"resource": "https://elsewhere.example/"}, "invalid_target", "unknown_resource"),
        ({"resource": f"http://localhost:8000{SALES}/a/b/c"}, "invalid_target", "unknown_resource"),
        (
            {"resource": "http://localhost:8000/api/2.0/mcp/functions/nowhere/sales"},
            "invalid_target",
            "resource_not_visible",
        ),
        ({"prompt": "none"}, "consent_required", "consent_required"),
    ],
)
@requirement(
    "O9-error",
    "DOT-challenge",
    "AS-PKCE-REQUIRED",
    "AS-PKCE-S256",
    "AS-PKCE-FORM",
    "AS-AUTHORIZE-ERRORS",
    "AS-ISS-RESPONSE",
    "AS-NO-IMPLICIT",
    "AS-RESOURCE-KNOWN",
    "AS-PROMPT-NONE",
)
@requirement("DOT-iss")
def test_o9_every_other_error_goes_to_the_client_with_state_and_issuer(change, error, reason, browser, query):
    is_sent_back(ask(browser, query, **change), error, reason)


@pytest.mark.parametrize("change", [{"code_challenge": None}, {"code_challenge_method": "plain"}])
@requirement("AS-PKCE-CONFIDENTIAL")
def test_a_client_with_a_secret_needs_a_challenge_too(change, browser, query, confidential_app):
    change |= {"client_id": confidential_app.client_id, "scope": "all-apis"}
    is_sent_back(ask(browser, query, **change), "invalid_request", "invalid_request")


@requirement("AS-SIGN-IN-FIRST")
def test_a_stranger_signs_in_first_and_comes_back(query):
    response = ask(Client(SERVER_PORT="8000"), query)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(f"{reverse('account_login')}?next=/oidc/v1/authorize%3F")
    assert not AuditEvent.objects.filter(action="oauth.authorize").exists()


@requirement("AS-PROMPT-NONE")
def test_a_stranger_without_a_page_is_told_to_sign_in(query):
    is_sent_back(ask(Client(SERVER_PORT="8000"), query, prompt="none"), "login_required", "login_required")


@requirement("AS-SIGN-IN-FIRST")
def test_a_person_who_may_not_use_the_catalog_learns_nothing_about_it(charlie, query):
    is_sent_back(ask(signed_in(charlie), query), "invalid_target", "resource_not_visible")


@requirement("AS-CONSENT-DECLINE")
def test_declining_is_told_to_the_client(browser, query):
    is_sent_back(answer(browser, ask(browser, query), decision="cancel"), "access_denied", "declined")
    assert not Consent.objects.exists()


def test_without_a_resource_the_token_is_for_the_whole_deployment(browser, query):
    answer(browser, ask(browser, query, resource=None))
    assert Session.objects.get().audience == "/"


@requirement("AS-CONSENT-WRITE")
def test_writing_is_off_unless_the_person_switches_it_on(browser, query):
    wanted = {"scope": "mcp.functions mcp.write"}
    answer(browser, ask(browser, query, **wanted))
    assert Session.objects.latest("started_at").scopes == ["mcp.functions"]
    answer(browser, ask(browser, query, **wanted), write="on")
    assert Session.objects.latest("started_at").scopes == ["mcp.functions", "mcp.write"]
    answer(browser, ask(browser, query, **wanted, gp_read_only="true"), write="on")
    assert Session.objects.latest("started_at").scopes == ["mcp.functions"]


@requirement("AS-CONSENT-NOT-WIDER")
def test_a_person_cannot_add_what_was_not_asked_for(browser, query):
    answer(browser, ask(browser, query), write="on", scope="all-apis mcp.write")
    assert "mcp.write" not in Session.objects.get().scopes


@requirement("AS-CONSENT-NARROW")
def test_catalogs_and_duration_are_frozen_on_the_session(browser, query, analysts):
    other = Catalog.objects.create(name="other", host="h", database="d", user="u", password_sealed=b"")
    Privilege.objects.create(group=analysts, action="USE_CATALOG", securable="catalog", catalog=other)
    Catalog.objects.create(name="secret", host="h", database="d", user="u", password_sealed=b"")
    page = ask(browser, query, resource=None)
    assert page.context["catalogs"] == ["demo", "other"]
    answer(browser, page, catalogs="chosen", catalog=["other", "secret"], minutes="60")
    session = Session.objects.get()
    assert session.catalogs == ["other"]
    assert (session.ends_at - session.started_at).total_seconds() == pytest.approx(3600, abs=5)
    answer(browser, ask(browser, query, resource=None, gp_catalog="demo"), catalogs="all")
    assert Session.objects.latest("started_at").catalogs == ["demo"]


def test_choosing_no_catalog_is_asked_again(browser, query):
    page = ask(browser, query, resource=None)
    again = answer(browser, page, catalogs="chosen")
    assert again.status_code == 422
    assert not Session.objects.exists()
    assert sent_to(answer(browser, again, catalogs="chosen", catalog="demo"))["code"]


@requirement("O2-parallel-grants")
def test_o2_two_authorizations_of_one_app_at_once_keep_their_own_limits(browser, query):
    narrow = ask(browser, query)
    wide = ask(browser, query, resource=None, scope="mcp.sql")
    answer(browser, wide)
    answer(browser, narrow)
    sessions = Session.objects.order_by("started_at").values_list("audience", "scopes")
    assert list(sessions) == [("/", ["mcp.sql"]), (SALES, ["mcp.functions", "offline_access"])]


@requirement("AS-SIGN-IN-FRESH")
def test_power_is_given_only_after_a_fresh_sign_in(bob, query, settings):
    bob.set_password("a long pass phrase")  # without any way to confirm, nobody can be asked to
    bob.save()
    browser = signed_in(bob)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    is_a_page(ask(browser, query))
    response = ask(browser, query, scope="mcp.functions mcp.write")
    assert response.headers["Location"].startswith(
        f"{reverse('account_reauthenticate')}?next=%2Foidc%2Fv1%2Fauthorize%3F"
    )


def test_who_has_nothing_to_confirm_with_gives_no_power_from_an_old_sign_in(bob, query, settings):
    browser = signed_in(bob)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    is_a_page(ask(browser, query))
    assert ask(browser, query, scope="mcp.functions mcp.write").status_code == 403


@requirement("AS-CONSENT-NOT-WIDER")
def test_an_unknown_duration_is_the_shortest(browser, query):
    answer(browser, ask(browser, query), minutes="999999999")
    session = Session.objects.get()
    assert (session.ends_at - session.started_at).total_seconds() == pytest.approx(3600, abs=5)


@requirement("AS-CONSENT-PER-CLIENT")
def test_the_same_question_is_not_asked_twice(browser, query):
    answer(browser, ask(browser, query))
    got = sent_to(ask(browser, query, prompt="none"))
    assert "code" in got
    assert Session.objects.count() == 2
    assert Consent.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "mcp.functions mcp.sql offline_access"},
        {"scope": "mcp.functions"},
        {"resource": None},
        {"resource": f"http://localhost:8000{SALES}/get_customer"},
        {"prompt": "consent"},
        {"prompt": "login"},
        {"gp_catalog": "demo"},
        {"approval_prompt": "auto", "scope": "mcp.sql"},
    ],
)
@requirement("O1-more-scope", "O1-other-resource", "DOT-approval-prompt", "AS-CONSENT-PER-CLIENT")
def test_o1_another_question_is_asked(change, browser, query):
    answer(browser, ask(browser, query))
    is_a_page(ask(browser, query, **change))


@requirement("O1-other-client")
def test_o1_another_client_is_asked_about(browser, query):
    answer(browser, ask(browser, query))
    second, _ = integrations.create(
        by=BY, name="B", redirect_urls=[CALLBACK], scopes=["mcp.functions", "offline_access"]
    )
    is_a_page(ask(browser, query, client_id=second.client_id))


@requirement("O1-captured-page", "AS-CONSENT-HANDLE")
def test_o1_a_captured_page_is_worth_nothing_in_another_browser(browser, query, bob, charlie, analysts):
    page = ask(browser, query)
    for person in (bob, charlie):
        assert answer(signed_in(person), page).status_code == 400
    assert not AuthorizationCode.objects.exists()
    assert sent_to(answer(browser, page))["code"]


@requirement("O11-double-load", "AS-CONSENT-HANDLE")
def test_o11_the_page_may_be_loaded_twice_and_each_answer_counts_once(browser, query):
    first, second = ask(browser, query), ask(browser, query)
    assert sent_to(answer(browser, first))["code"]
    assert answer(browser, first).status_code == 400
    assert sent_to(answer(browser, second))["code"]


@requirement("O11-csrf", "AS-CONSENT-CSRF")
def test_o11_a_post_without_the_csrf_token_is_refused(bob, query):
    strict = Client(enforce_csrf_checks=True, SERVER_NAME="localhost", SERVER_PORT="8000")
    strict.get(reverse("console-first-run", args=[links.make(bob, minutes=5)]))
    page = ask(strict, query)
    assert answer(strict, page).status_code == 403
    assert not AuthorizationCode.objects.exists()


@requirement("O11-framing", "AS-CONSENT-FRAMES")
def test_o11_the_page_cannot_be_framed_or_stored_and_leads_only_to_the_redirect(browser, query):
    page = ask(browser, query)
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' https://app.example.com" in policy
    assert page.headers["Cache-Control"] == "no-store"


@requirement("AS-CONSENT-HANDLE")
def test_the_page_ends_after_ten_minutes(browser, query):
    page = ask(browser, query)
    request = AuthorizationRequest.objects.get()
    request.expires_at = request.expires_at.replace(year=2000)
    request.save()
    assert answer(browser, page).status_code == 400


@requirement("AS-CONSENT-REQUIRED-SCOPES")
def test_a_scope_that_a_person_must_allow_cannot_be_left_out(browser, query, web_app):
    integrations.update(web_app, by=BY, user_authorized_scopes=["mcp.write"])
    is_sent_back(ask(browser, query), "invalid_scope", "required_scope_missing")


@requirement("AS-CONSENT-REQUIRED-SCOPES")
def test_without_the_scope_that_must_be_allowed_no_token_is_made(browser, query, web_app):
    integrations.update(web_app, by=BY, user_authorized_scopes=["mcp.write"])
    page = ask(browser, query, scope="mcp.functions mcp.write")
    is_sent_back(answer(browser, page), "access_denied", "not_all_allowed")


@requirement("AS-CONSENT-ALWAYS")
def test_an_app_on_this_computer_is_always_asked_about(browser, query):
    local, _ = integrations.create(
        by=BY, name="Local", redirect_urls=["http://localhost/callback"], scopes=["mcp.functions"]
    )
    change = {"client_id": local.client_id, "redirect_uri": "http://localhost:5151/callback", "scope": "mcp.functions"}
    for _ in range(2):
        page = is_a_page(ask(browser, query, **change))
        assert page.context["stays_here"]
        assert answer(browser, page).headers["Location"].startswith("http://localhost:5151/callback?code=")


def test_a_command_line_holds_access_management_inside_all_apis_and_the_page_says_so(browser, query):
    built_in.ensure()
    change = {
        "client_id": "databricks-cli",
        "redirect_uri": "http://localhost:8020",
        "scope": "all-apis offline_access",
        "resource": None,
    }
    page = is_a_page(ask(browser, query, **change))
    assert "access-management" in [line.name for line in page.context["lines"]]
    answer(browser, page)
    assert Session.objects.get().scopes == ["all-apis", "offline_access", "access-management"]


@requirement("AS-CONSENT-ALWAYS")
def test_writing_is_asked_about_each_time(browser, query):
    for _ in range(2):
        page = is_a_page(ask(browser, query, scope="mcp.functions mcp.write"))
        assert sent_to(answer(browser, page, write="on"))["code"]


@requirement("AS-CONSENT-NEW")
def test_what_is_new_is_marked(browser, query):
    answer(browser, ask(browser, query))
    page = ask(browser, query, scope="mcp.functions mcp.sql offline_access")
    assert [line.name for line in page.context["lines"] if line.is_new] == ["mcp.sql"]


def test_an_app_that_is_disabled_while_the_page_is_open_gets_nothing(browser, query, web_app):
    page = ask(browser, query)
    integrations.set_enabled(web_app, False, by=BY)
    assert answer(browser, page).status_code == 400
    assert not Session.objects.exists()


def test_a_redirect_url_that_is_taken_away_while_the_page_is_open_gets_nothing(browser, query, web_app):
    page = ask(browser, query)
    integrations.update(web_app, by=BY, redirect_urls=["https://elsewhere.example/"])
    assert answer(browser, page).status_code == 400
    assert not Session.objects.exists()


@requirement("DOT-inactive", "AS-DISABLED-PERSON")
def test_dot_an_inactive_person_gets_no_page(browser, query, bob):
    bob.is_active = False
    bob.save()
    assert reverse("account_login") in ask(browser, query).headers["Location"]

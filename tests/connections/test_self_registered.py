"""Authorization requests of clients that came in by themselves: what they must send, and what the person is told."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from connections import client_documents, client_metadata, policy, published_apps, registrations, remote_documents
from connections.models import AppIntegration, Consent, FailedDocument, Session
from tests.connections import tls
from tests.connections.conftest import BY, CALLBACK, SALES, verifier_and_challenge
from tests.connections.test_authorize import ask, demo, signed_in
from tests.connections.tls import HOST
from tests.requirements import requirement

__all__ = ["demo"]

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = f"https://{HOST}/oauth/client.json"
BODY = {"client_name": "Desk", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}


@pytest.fixture
def browser(bob, demo):
    return signed_in(bob)


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    with tls.host(tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.fixture
def site(listening, monkeypatch):
    """The host of the document, reached by the fetcher that the server uses."""
    listening.names = {HOST: [tls.PUBLIC]}
    listening.asked.clear()
    listening.dialled.clear()
    monkeypatch.setattr(remote_documents, "fetcher", listening.fetcher())
    serve(listening)
    return listening


def serve(site, headers=None, **members):
    document = {"client_id": DOCUMENT, "client_name": "Desk", "redirect_uris": [CALLBACK], **members}
    body = json.dumps({name: value for name, value in document.items() if value is not None}).encode()
    site.answer = (200, {"Content-Type": "application/json", **(headers or {})}, body)


@pytest.fixture
def listed(transactional_db):
    policy.change(by=BY, client_document_hosts=[HOST])


def registered(**changes):
    wanted = client_metadata.read({**BODY, **changes})
    return registrations.register(wanted, needs_approval=False, by=BY)[0]


def query(client_id):
    _, challenge = verifier_and_challenge()
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "scope": "mcp.functions offline_access",
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "resource": f"http://localhost:8000{SALES}",
    }


def allow(browser, page):
    handle = page.content.decode().split('name="handle" value="')[1].partition('"')[0]
    return browser.post("/oidc/v1/authorize", {"handle": handle, "decision": "allow", "minutes": "60"})


@requirement("AS-CONSENT-VERIFIED")
def test_the_page_says_that_nobody_verified_the_app(browser):
    page = ask(browser, query(registered().client_id)).content.decode()
    assert "Not verified: the app chose this name." in page
    assert "It registered itself." in page


@requirement("O10-look-alike")
def test_o10_the_page_marks_a_name_that_looks_like_a_known_app(browser):
    page = ask(browser, query(registered(client_name="CIaude").client_id)).content.decode()
    assert "The name looks like “Claude”" in page


@requirement("AS-RESOURCE-SELF-REGISTERED")
def test_a_client_that_registered_itself_must_name_a_resource(browser):
    answer = ask(browser, query(registered().client_id), resource=None)
    sent = parse_qs(urlsplit(answer["Location"]).query)
    assert (answer.status_code, sent["error"]) == (302, ["invalid_target"])
    assert "resource is required" in sent["error_description"][0]


@requirement("AS-RESOURCE-OPTIONAL")
def test_a_setting_lets_it_leave_the_resource_out_for_every_mcp_url_but_not_the_rest_api(browser, settings):
    settings.GATEPOST_REQUIRE_RESOURCE = False
    page = ask(browser, query(registered().client_id), resource=None)
    assert allow(browser, page).status_code == 302
    assert Session.objects.get().audience == "/api/2.0/mcp"


@requirement("AS-CONSENT-ALWAYS")
def test_the_page_is_shown_each_time_to_a_client_that_registered_itself(browser):
    client = registered()
    assert allow(browser, ask(browser, query(client.client_id))).status_code == 302
    assert ask(browser, query(client.client_id)).status_code == 200


@requirement("AS-REGISTER-APPROVAL")
def test_a_client_that_waits_is_told_so_until_an_admin_approves(browser, alice):
    client = registered()
    AppIntegration.objects.update(waits_for_approval=True)
    page = ask(browser, query(client.client_id))
    assert (page.status_code, "waits for an admin" in page.content.decode()) == (403, True)
    assert AuditEvent.objects.filter(action="oauth.authorize").latest("at").reason == "client_waits"
    silent = ask(browser, query(client.client_id), prompt="none")
    assert "error=access_denied" in silent["Location"]
    registrations.approve(registrations.get(client.client_id), by=BY)
    assert ask(browser, query(client.client_id)).status_code == 200


def test_a_client_that_waits_again_cannot_use_a_page_that_was_open(browser):
    client = registered()
    page = ask(browser, query(client.client_id))
    AppIntegration.objects.update(waits_for_approval=True)
    assert allow(browser, page).status_code == 400


# Client ID metadata documents


@requirement("AS-CONSENT-VERIFIED")
def test_a_document_makes_a_client_and_the_page_names_its_host(browser, site, listed):
    page = ask(browser, query(DOCUMENT))
    text = page.content.decode()
    assert page.status_code == 200, text
    assert "Not verified: the app chose this name." in text
    assert f'<strong dir="ltr">{HOST}</strong>' in text
    assert "code=" in allow(browser, page)["Location"]
    assert AuditEvent.objects.get(action="client.register").object == f"client:{DOCUMENT}"
    assert site.asked == ["/oauth/client.json"]


@requirement("AS-METADATA-DOCUMENTS")
def test_the_metadata_announce_documents_unless_they_are_off(http, transactional_db):
    path = "/.well-known/oauth-authorization-server"
    assert http.get(path).json()["client_id_metadata_document_supported"] is True
    policy.change(by=BY, client_documents="off")
    assert http.get(path).json()["client_id_metadata_document_supported"] is False
    published_apps.switch_on("chatgpt", by=BY)
    assert http.get(path).json()["client_id_metadata_document_supported"] is True


@requirement("AS-DOCUMENT-HOSTS")
def test_o5_a_host_that_is_not_listed_is_not_asked(browser, site):
    answer = ask(browser, query(DOCUMENT))
    assert (answer.status_code, site.asked) == (400, [])
    assert AuditEvent.objects.get(action="oauth.authorize").reason == "document_host_not_allowed"


@requirement("AS-DOCUMENT-HOSTS")
def test_o5_a_stranger_makes_the_server_fetch_nothing(client, site, listed):
    answer = client.get("/oidc/v1/authorize", query(DOCUMENT), headers={"Host": "localhost:8000"})
    assert (answer.status_code, site.asked) == (302, [])
    assert answer["Location"].startswith("/sign-in?")


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}",
        f"https://{HOST}/",
        f"https://{HOST}:8443/a.json",
        f"https://a@{HOST}/a.json",
        f"https://{HOST}/a.json#b",
        f"https://{HOST}/a/../b.json",
        f"https://{HOST}/a/%2e%2e/b.json",
        f"https://{HOST.upper()}/a.json",
        "https://127.0.0.1/a.json",
        "https://2130706433/a.json",
        "https://0x7f.1/a.json",
        "https://[::1]/a.json",
        "https://[/a.json",
        "https://localhost/a.json",
        f"https://{HOST}/{'a' * 255}",
    ],
)
@requirement("O5-number-forms", "AS-DOCUMENT-URL")
def test_o5_addresses_that_could_mean_something_else_are_refused_before_anything_is_asked(url, transactional_db):
    policy.change(by=BY, client_documents="any")
    with pytest.raises(client_documents.Problem) as problem:
        client_documents.current(url, by=BY)
    assert problem.value.reason == "document_url_malformed"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"client_id": "https://other.example.com/client.json"}, "document_of_another"),
        ({"client_id": f"{DOCUMENT}?"}, "document_of_another"),
        ({"client_id": None}, "document_of_another"),
        ({"client_secret": "hunter2"}, "document_with_secret"),
        ({"client_name": None}, "document_refused"),
        ({"redirect_uris": None}, "document_refused"),
        ({"redirect_uris": ["http://evil.example/cb"]}, "document_refused"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "document_refused"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "document_refused"),
    ],
)
@requirement("O5-id", "AS-DOCUMENT-ID")
def test_o5_a_document_about_something_else_is_refused(members, reason, site, listed):
    serve(site, **members)
    with pytest.raises(client_documents.Problem) as problem:
        client_documents.current(DOCUMENT, by=BY)
    assert problem.value.reason == reason
    assert not AppIntegration.objects.exists()


@requirement("AS-DOCUMENT-NONE")
def test_a_list_with_none_makes_a_public_client_also_when_it_names_private_key_jwt_first(site, listed):
    methods = ["none", "private_key_jwt"]
    serve(site, token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_methods_supported=methods)
    assert client_documents.current(DOCUMENT, by=BY).confidential is False


@requirement("O5-back-off")
def test_o5_failures_back_off_for_a_minute(site, listed):
    site.answer = (500, {}, b"")
    reasons = []
    for _ in range(3):
        with pytest.raises(client_documents.Problem) as problem:
            client_documents.current(DOCUMENT, by=BY)
        reasons.append(problem.value.reason)
    assert reasons == ["document_status", "document_failed_before", "document_failed_before"]
    assert len(site.asked) == 1
    FailedDocument.objects.update(retry_at=timezone.now())
    serve(site)
    assert client_documents.current(DOCUMENT, by=BY).name == "Desk"
    assert not FailedDocument.objects.exists()


@requirement("O5-logo")
def test_o5_a_logo_is_never_fetched(browser, site, listed):
    serve(site, logo_uri=f"https://{HOST}/logo.png", client_uri=f"https://{HOST}/about")
    assert "logo.png" not in ask(browser, query(DOCUMENT)).content.decode()
    assert site.asked == ["/oauth/client.json"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("max-age=1", 300), ("no-store", 300), ("", 300), ("public, max-age=3600", 3600), ("max-age=99999999", 86_400)],
)
@requirement("AS-DOCUMENT-CACHE")
def test_a_document_is_kept_as_its_host_says_within_limits(header, seconds, site, listed):
    serve(site, {"Cache-Control": header})
    before = timezone.now()
    client = client_documents.current(DOCUMENT, by=BY)
    assert abs((client.cimd_expires_at - before).total_seconds() - seconds) < 5
    client_documents.current(DOCUMENT, by=BY)
    assert len(site.asked) == 1


@requirement("AS-DOCUMENT-CHANGED")
def test_changed_redirect_uris_of_a_document_end_the_consents(browser, site, listed):
    allow(browser, ask(browser, query(DOCUMENT)))
    AppIntegration.objects.update(cimd_expires_at=timezone.now())
    client_documents.current(DOCUMENT, by=BY)
    assert Consent.objects.get().revoked_at is None
    AppIntegration.objects.update(cimd_expires_at=timezone.now())
    serve(site, redirect_uris=["https://elsewhere.example/cb"])
    client = client_documents.current(DOCUMENT, by=BY)
    assert Consent.objects.get().revoked_at is not None
    assert client.sessions.get().revoke_reason == "client_changed"
    assert AuditEvent.objects.filter(action="client.update").latest("at").details["consents_ended"] == 1


@requirement("AS-DOCUMENT-FETCH")
def test_ten_new_documents_an_hour_from_one_address_are_the_most(site, listed):
    reasons = []
    for number in range(11):
        with pytest.raises(client_documents.Problem) as problem:
            client_documents.current(f"https://{HOST}/{number}.json", by=BY)
        reasons.append(problem.value.reason)
    assert reasons == ["document_of_another"] * 10 + ["too_many_documents"]


@requirement("AS-PUBLISHED")
def test_an_app_that_is_switched_off_does_not_come_in_by_its_document(browser, site, listed, monkeypatch):
    integration = published_apps.switch_on("chatgpt", by=BY)
    AppIntegration.objects.filter(pk=integration.pk).update(client_id=DOCUMENT)
    policy.change(by=BY, client_documents="off")
    page = ask(browser, query(DOCUMENT))
    assert "switched on by an admin" in page.content.decode()
    published_apps.switch_off(integration, by=BY)
    assert ask(browser, query(DOCUMENT)).status_code == 400

"""RFC 7591, RFC 7592 and O10 of oauth.md 9, over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import CredentialUse
from audit.models import AuditEvent
from connections import client_metadata, integrations, policy, registrations, resemblance, tasks
from connections.models import AppIntegration, Arrivals, Session
from connections.oauth import register
from jobs.outbox import Work
from tests.connections.conftest import BY, CALLBACK
from tests.connections.recorded import BODIES
from tests.requirements import requirement

REGISTER = "/oidc/v1/register"
SERVER = "/.well-known/oauth-authorization-server"
BODY = {"client_name": "Desk", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}


@pytest.fixture
def is_open(transactional_db):
    policy.change(by=BY, client_registration="open")


@pytest.fixture
def registered(http, is_open):
    return http.post(REGISTER, json=BODY).json()


def bearer(information):
    return {"Authorization": f"Bearer {information['registration_access_token']}"}


@requirement("O10-off", "AS-METADATA-REGISTRATION")
def test_o10_registration_is_off_by_default(http):
    assert http.post(REGISTER, json=BODY).status_code == 404
    assert "registration_endpoint" not in http.get(SERVER).json()


@requirement("AS-METADATA-REGISTRATION")
def test_the_metadata_announce_it_while_it_is_on(http, server, is_open):
    assert http.get(SERVER).json()["registration_endpoint"] == f"{server}{REGISTER}"


@requirement("O10-created", "AS-REGISTER-ECHO")
def test_o10_a_client_gets_201_with_what_was_kept(http, server, is_open):
    answer = http.post(REGISTER, json={**BODY, "logo_uri": "https://x.example/l.png", "jwks": {"keys": []}})
    information = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert information["redirect_uris"] == [CALLBACK]
    assert information["token_endpoint_auth_method"] == "none"
    assert "client_secret" not in information
    assert "logo_uri" not in information
    assert information["registration_client_uri"] == f"{server}{REGISTER}/{information['client_id']}"
    event = AuditEvent.objects.get(action="client.register")
    assert (event.outcome, event.object) == ("allowed", f"client:{information['client_id']}")


@pytest.mark.parametrize(("client", "body", "kept"), BODIES, ids=[client for client, _, _ in BODIES])
def test_o10_what_each_client_sends_is_kept_as_far_as_it_is_allowed(client, body, kept):
    wanted = client_metadata.read(body)
    assert list(wanted.redirect_urls) == kept
    assert wanted.confidential == (body["token_endpoint_auth_method"] != "none")
    assert set(wanted.scopes) <= set(policy.CLIENT_SCOPES)


@requirement("AS-REGISTER-CLIENTS")
def test_o10_each_client_can_register(http, is_open):
    answers = [http.post(REGISTER, json=body) for _, body, _ in BODIES]
    assert [answer.status_code for answer in answers] == [201] * len(BODIES)
    assert [answer.json()["redirect_uris"] for answer in answers] == [kept for _, _, kept in BODIES]


@requirement("O10-twice")
def test_o10_registering_twice_is_fine(http, is_open):
    ids = {http.post(REGISTER, json=BODY).json()["client_id"] for _ in range(2)}
    assert len(ids) == 2


@requirement("O10-attempts", "AS-REGISTER-LIMITS")
def test_o10_more_than_ten_an_hour_from_one_address_are_refused_and_recorded_once(http, is_open):
    answers = [http.post(REGISTER, json=BODY) for _ in range(13)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 3
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert AuditEvent.objects.filter(action="client.register", outcome="denied").count() == 1
    Arrivals.objects.update(since=timezone.now() - timedelta(hours=1))
    assert http.post(REGISTER, json=BODY).status_code == 201


@requirement("AS-REGISTER-LIMITS")
def test_o10_more_than_a_hundred_an_hour_in_all_are_refused(http, is_open):
    Arrivals.objects.create(key="register", since=timezone.now(), count=register.IN_ALL)
    assert http.post(REGISTER, json=BODY).status_code == 429


@requirement("AS-REGISTER-LIMITS")
def test_o10_a_thousand_waiting_clients_are_the_most(http, is_open, monkeypatch):
    monkeypatch.setattr(registrations, "MAX_UNUSED", 2)
    assert [http.post(REGISTER, json=BODY).status_code for _ in range(3)] == [201, 201, 429]


@requirement("O10-unused")
def test_o10_unused_clients_are_deleted_and_used_ones_stay(http, is_open, bob, authorize):
    now = timezone.now()
    unused, allowed, called, idle, new = (http.post(REGISTER, json=BODY).json()["client_id"] for _ in range(5))
    clients = AppIntegration.objects
    clients.exclude(client_id=new).update(created=now - timedelta(hours=25))
    authorize(bob, clients.get(client_id=allowed))
    CredentialUse.objects.create(credential_kind="client", credential_id=called, last_used_at=now - timedelta(days=89))
    clients.filter(client_id__in=[called, idle]).update(created=now - timedelta(days=200))
    authorize(bob, clients.get(client_id=idle))
    Session.objects.filter(integration__client_id=idle).update(started_at=now - timedelta(days=91))
    made = integrations.create(by=BY, name="Old", redirect_urls=[CALLBACK], scopes=["sql"])[0]
    clients.filter(pk=made.pk).update(created=now - timedelta(days=400))
    tasks.expire_clients(Work(made.integration_id, "connections.expire_clients", "", {}, 1))
    left = set(clients.values_list("client_id", flat=True))
    assert left == {allowed, called, new, made.client_id}
    assert set(AuditEvent.objects.filter(action="client.expire").values_list("object", flat=True)) == {
        f"client:{unused}",
        f"client:{idle}",
    }


@requirement("O10-look-alike")
def test_o10_names_that_look_like_a_known_app_are_marked(transactional_db):
    integrations.create(by=BY, name="Nightly revenue", redirect_urls=["https://r.example/cb"], scopes=["sql"])
    for name, known in (
        ("Claude", "Claude"),
        ("CIaude", "Claude"),
        ("Cl\u0430ude", "Claude"),
        ("Claude (official)", "Claude"),
        ("Claud3 Code", "Claude Code"),
        ("Chat GPT", "ChatGPT"),
        ("Nightly revenue", "Nightly revenue"),
        ("Zed editor", "Zed"),
        ("Organized spreadsheets", ""),
    ):
        assert resemblance.of(name, [CALLBACK]) == known, name


def test_an_app_whose_answers_go_to_its_own_maker_is_not_marked(transactional_db):
    assert resemblance.of("Claude", ["https://claude.ai/api/mcp/auth_callback"]) == ""
    assert resemblance.of("Claude Code", ["http://localhost/callback"]) == "Claude Code"  # anybody may listen there


@requirement("AS-REGISTER-ECHO")
def test_unsafe_redirect_uris_are_dropped_and_the_kept_ones_echoed(http, is_open):
    uris = [CALLBACK, "http://x.example/cb", "javascript:alert(1)", "https://*.example.com/", "https://a@b.example/"]
    assert http.post(REGISTER, json={**BODY, "redirect_uris": uris}).json()["redirect_uris"] == [CALLBACK]


@pytest.mark.parametrize(
    "uris",
    [None, [], "https://x.example/cb", [7], ["http://x.example/cb"], [f"https://x.example/{n}" for n in range(11)]],
)
@requirement("AS-REGISTER-ERRORS")
def test_no_usable_redirect_uri_is_an_error_of_its_own(uris):
    with pytest.raises(client_metadata.Refused) as refused:
        client_metadata.read({**BODY, "redirect_uris": uris})
    assert refused.value.error == "invalid_redirect_uri"


def test_a_refusal_is_answered_and_recorded(http, is_open):
    answer = http.post(REGISTER, json={**BODY, "redirect_uris": ["http://x.example/cb"]})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
    assert AuditEvent.objects.get(action="client.register").reason == "invalid_redirect_uri"


@pytest.mark.parametrize(
    "change",
    [
        {"client_name": "a\u202eb"},
        {"client_name": 7},
        {"client_name": "a\x00b"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": {}},
        {"application_type": "desktop"},
        {"application_type": ["web"]},
        {"grant_types": ["client_credentials"]},
        {"response_types": "code"},
        {"scope": ["sql"]},
    ],
)
@requirement("AS-REGISTER-ERRORS")
def test_metadata_that_cannot_be_had_are_refused(change):
    with pytest.raises(client_metadata.Refused) as refused:
        client_metadata.read({**BODY, **change})
    assert refused.value.error == "invalid_client_metadata"


def test_a_body_that_is_no_small_json_object_is_refused(http, is_open):
    for content, content_type in (
        (b"[]", "application/json"),
        (b"{", "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"{}", "text/plain"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "application/json"),
    ):
        answer = http.post(REGISTER, content=content, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("mcp.functions offline_access", {"mcp.functions", "offline_access"}),
        ("mcp.functions access-management nonsense", {"mcp.functions"}),
        ("default", set(policy.CLIENT_SCOPES)),
        (None, set(policy.CLIENT_SCOPES)),
    ],
)
@requirement("AS-REGISTER-SCOPES")
def test_the_allowed_part_of_the_scopes_is_granted(given, kept):
    assert set(client_metadata.read({**BODY, "scope": given}).scopes) == kept


def test_all_apis_stands_for_what_a_client_may_have_of_it():
    kept = client_metadata.read({**BODY, "scope": "all-apis"}).scopes
    assert "sql" in kept
    assert {"all-apis", "mcp.write", "offline_access"}.isdisjoint(kept)


@requirement("AS-REGISTER-TYPE")
def test_a_web_client_may_not_use_loopback_and_a_native_one_may(http, is_open):
    loopback = ["http://localhost/cb", "x.example.app:/cb"]
    web = http.post(REGISTER, json={**BODY, "application_type": "web", "redirect_uris": [*loopback, CALLBACK]})
    native = http.post(REGISTER, json={**BODY, "application_type": "native", "redirect_uris": [*loopback, CALLBACK]})
    assert web.json()["redirect_uris"] == [CALLBACK]
    assert native.json()["redirect_uris"] == [*loopback, CALLBACK]
    assert native.json()["application_type"] == "native"


def test_a_confidential_client_gets_a_secret_that_works_once_shown(http, is_open, bob, authorize):
    information = http.post(REGISTER, json={"client_name": "Desk", "redirect_uris": [CALLBACK]}).json()
    assert information["token_endpoint_auth_method"] == "client_secret_basic"
    assert information["client_secret_expires_at"] == 0
    client = AppIntegration.objects.get(client_id=information["client_id"])
    form = authorize(bob, client)
    form.pop("client_id", None)
    answer = http.post("/oidc/v1/token", data=form, auth=(information["client_id"], information["client_secret"]))
    assert answer.status_code == 200, answer.text


# RFC 7592


@requirement("AS-MANAGE-OWN")
def test_the_holder_of_the_token_reads_its_client(http, registered):
    answer = http.get(f"{REGISTER}/{registered['client_id']}", headers=bearer(registered))
    assert (answer.status_code, answer.json()) == (200, registered)


@requirement("O10-management-token")
def test_o10_a_foreign_management_token_is_refused(http, registered):
    other = http.post(REGISTER, json=BODY).json()
    url = f"{REGISTER}/{registered['client_id']}"
    change = {**BODY, "client_id": registered["client_id"]}
    for headers in (bearer(other), {}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}):
        for answer in (
            http.get(url, headers=headers),
            http.put(url, headers=headers, json=change),
            http.delete(url, headers=headers),
        ):
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert http.get(f"{REGISTER}/nobody", headers=bearer(other)).status_code == 401
    assert AppIntegration.objects.filter(client_id=registered["client_id"]).exists()


@requirement("AS-MANAGE-OWN")
def test_only_the_digest_of_the_registration_token_is_kept(registered):
    client = AppIntegration.objects.get(client_id=registered["client_id"])
    assert bytes(client.registration_digest) != registered["registration_access_token"].encode()
    assert len(client.registration_digest) == 32


@requirement("AS-MANAGE-CHANGE")
def test_changed_redirect_uris_end_what_people_allowed(http, registered, bob, authorize):
    client = AppIntegration.objects.get(client_id=registered["client_id"])
    authorize(bob, client)
    body = {**BODY, "client_id": registered["client_id"], "redirect_uris": ["https://elsewhere.example/cb"]}
    answer = http.put(f"{REGISTER}/{client.client_id}", headers=bearer(registered), json=body)
    assert (answer.status_code, answer.json()["redirect_uris"]) == (200, ["https://elsewhere.example/cb"])
    assert client.sessions.get().revoke_reason == "client_changed"
    assert client.consents.get().revoked_at is not None


@requirement("AS-MANAGE-CHANGE")
def test_a_change_must_name_the_client_and_its_own_secret(http, registered):
    url = f"{REGISTER}/{registered['client_id']}"
    for extra in ({}, {"client_id": "x"}, {"client_id": registered["client_id"], "client_secret": "gp_cs_x"}):
        answer = http.put(url, headers=bearer(registered), json={**BODY, **extra})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


@requirement("AS-MANAGE-OWN")
def test_a_client_deletes_itself(http, registered):
    url = f"{REGISTER}/{registered['client_id']}"
    answer = http.delete(url, headers=bearer(registered))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not AppIntegration.objects.filter(client_id=registered["client_id"]).exists()
    assert http.get(url, headers=bearer(registered)).status_code == 401


def test_switching_registration_off_keeps_clients_but_lets_none_change(http, registered):
    policy.change(by=BY, client_registration="off")
    url = f"{REGISTER}/{registered['client_id']}"
    assert http.get(url, headers=bearer(registered)).status_code == 200
    change = http.put(url, headers=bearer(registered), json={**BODY, "client_id": registered["client_id"]})
    assert change.status_code == 403


def test_in_approval_mode_a_changed_client_waits_again(http, registered):
    policy.change(by=BY, client_registration="approval")
    url = f"{REGISTER}/{registered['client_id']}"
    body = {**BODY, "client_id": registered["client_id"]}
    http.put(url, headers=bearer(registered), json=body)
    assert not registrations.waiting().exists()
    http.put(url, headers=bearer(registered), json={**body, "client_name": "Claude"})
    assert registrations.waiting().get().resembles == "Claude"


@pytest.mark.parametrize("path", [REGISTER, f"{REGISTER}/x"])
def test_pages_of_every_origin_may_ask_and_nothing_answers_with_a_slash(path, http, is_open):
    preflight = http.options(path)
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert http.post(f"{path}/", json=BODY).status_code == 404


def test_other_methods_are_refused_with_those_that_exist(http, is_open):
    assert http.get(REGISTER).headers["Allow"] == "POST, OPTIONS"
    assert http.post(f"{REGISTER}/x", json=BODY).headers["Allow"] == "GET, PUT, DELETE, OPTIONS"

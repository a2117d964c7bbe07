"""RFC 7523 2.2 for apps: a document, a registration or an admin gives the public keys, and the app signs at every endpoint."""

import json
import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from jwcrypto.jwk import JWK

from accounts.errors import Invalid
from audit.models import AuditEvent
from connections import client_documents, integrations, policy
from connections.models import AppIntegration, Session
from tests.connections.conftest import BY, is_refused
from tests.connections.test_private_key_jwt import KINDS, TYPE, public, sign
from tests.connections.test_self_registered import BODY, DOCUMENT, listed, listening, serve, site
from tests.connections.tls import HOST, PUBLIC
from tests.requirements import requirement

__all__ = ["listed", "listening", "site"]

pytestmark = pytest.mark.django_db(transaction=True)
KEYS = f"https://{HOST}/oauth/keys.json"
SIGNED = "private_key_jwt"


@pytest.fixture
def key():
    return JWK.generate(**KINDS["ES256"], kid="one")


@pytest.fixture
def jwks(key):
    return {"keys": [public(key)]}


@pytest.fixture
def client(site, listed, jwks):
    """A client whose document offers nothing but signatures."""
    serve(site, token_endpoint_auth_method=SIGNED, jwks=jwks)
    return client_documents.current(DOCUMENT, by=BY)


@pytest.fixture
def assertion(server, key):
    def assertion(client_id=DOCUMENT, key=key, alg="ES256", **change):
        claims = {"iss": client_id, "sub": client_id, "aud": server, "exp": time.time() + 60, "jti": str(uuid.uuid4())}
        signed = sign(key, {**claims, **change}, alg=alg)
        return {"client_assertion_type": TYPE, "client_assertion": signed}

    return assertion


def publish(site, document, **members):
    """Let the host serve two documents: the client's, and that of its keys."""
    serve(site, token_endpoint_auth_method=SIGNED, jwks_uri=KEYS, **members)
    about_client = site.answer

    def answer(handler):
        status, headers, body = about_client if handler.path != "/oauth/keys.json" else document()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    site.answer = answer


def key_set(*keys, status=200, **headers):
    body = json.dumps({"keys": [public(key) for key in keys]}).encode()
    return status, {"Content-Type": "application/jwk-set+json", **headers}, body


@requirement("AS-DOCUMENT-KEYS")
def test_a_client_that_can_only_sign_signs_at_every_endpoint(token, http, client, authorize, bob, assertion):
    assert client.confidential
    answer = token({**authorize(bob, client), **assertion()}).json()
    again = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    answer = token({**again, **assertion()}).json()
    told = http.post("/oidc/v1/introspect", data={"token": answer["access_token"], **assertion()}).json()
    assert (told["active"], told["client_id"]) == (True, DOCUMENT)
    revoked = http.post("/oidc/v1/revoke", data={"token": answer["refresh_token"], **assertion()})
    assert (revoked.status_code, Session.objects.get().revoke_reason) == (200, "revoked_by_client")


def test_without_a_signature_it_is_nobody(token, http, client, authorize, bob):
    form = authorize(bob, client)
    is_refused(token(form), "invalid_client", "invalid_client", status=401)
    refused = http.post("/oidc/v1/revoke", data={"token": "x", "client_id": DOCUMENT})
    assert refused.status_code == 401
    assert http.post("/oidc/v1/introspect", data={"token": "x", "client_id": DOCUMENT}).status_code == 401


@pytest.mark.parametrize("algorithm", KINDS)
def test_each_algorithm_is_accepted_with_its_own_kind_of_key(algorithm, site, listed, token, authorize, bob, assertion):
    key = JWK.generate(**KINDS[algorithm])
    serve(site, token_endpoint_auth_method=SIGNED, jwks={"keys": [public(key)]})
    client = client_documents.current(DOCUMENT, by=BY)
    assert token({**authorize(bob, client), **assertion(key=key, alg=algorithm)}).status_code == 200


@requirement("AS-ASSERTION-ONCE", "AS-ASSERTION-CLAIMS")
def test_an_assertion_works_once_for_minutes_and_here_only(token, client, authorize, bob, assertion, server):
    form, once = authorize(bob, client), assertion(aud=f"{server}/oidc/v1/token")
    for change, reason in (
        ({"aud": "https://elsewhere.example"}, "assertion_audience"),
        ({"exp": time.time() + 400}, "assertion_expired"),
        ({"jti": None}, "assertion_without_jti"),
        ({"key": JWK.generate(**KINDS["ES256"])}, "assertion_signature"),
        ({"client_id": "https://client.example.com/other"}, "assertion_of_another_client"),
    ):
        is_refused(token({**form, **assertion(**change)}), "invalid_client", reason, status=401)
    assert token({**form, **once}).status_code == 200
    is_refused(token({**form, **once}), "invalid_client", "assertion_replayed", status=401)


def test_the_record_names_the_key(token, client, authorize, bob, assertion, key):
    token({**authorize(bob, client), **assertion()})
    assert AuditEvent.objects.latest("at").details["key"] == key.thumbprint()


@requirement("AS-DOCUMENT-NONE")
def test_a_public_client_may_sign_and_need_not(site, listed, jwks, token, authorize, bob, assertion):
    methods = ["none", SIGNED]
    serve(site, token_endpoint_auth_method=SIGNED, token_endpoint_auth_methods_supported=methods, jwks=jwks)
    client = client_documents.current(DOCUMENT, by=BY)
    assert client.confidential is False
    assert token(authorize(bob, client)).status_code == 200
    assert token({**authorize(bob, client), **assertion()}).status_code == 200
    forged = {**authorize(bob, client), **assertion(key=JWK.generate(**KINDS["ES256"]))}
    is_refused(token(forged), "invalid_client", "assertion_signature", status=401)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"jwks": {"keys": []}},
        {"jwks": []},
        {"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}, "text", None]}},
        {"jwks": {"keys": []}, "jwks_uri": KEYS},
        {"jwks_uri": "http://client.example.com/keys.json"},
        {"jwks_uri": "https://127.0.0.1/keys.json"},
        {"jwks_uri": "https://client.example.com:8443/keys.json"},
        {"jwks_uri": f"{KEYS}#x"},
        {"jwks_uri": 7},
    ],
)
@requirement("AS-DOCUMENT-KEYS")
def test_a_document_without_usable_keys_is_refused(members, site, listed):
    serve(site, token_endpoint_auth_method=SIGNED, **members)
    with pytest.raises(client_documents.Problem) as problem:
        client_documents.current(DOCUMENT, by=BY)
    assert problem.value.reason == "document_refused"
    assert not AppIntegration.objects.exists()


def test_a_private_key_in_a_document_is_no_key(site, listed, key, jwks):
    serve(site, token_endpoint_auth_method=SIGNED, jwks={"keys": [key.export(as_dict=True), *jwks["keys"]]})
    (stored,) = client_documents.current(DOCUMENT, by=BY).public_keys
    assert "d" not in stored["jwk"]


# jwks_uri


@requirement("AS-DOCUMENT-CACHE")
def test_keys_are_fetched_at_the_first_use_and_kept_as_their_host_says(
    site, listed, key, token, authorize, bob, assertion
):
    publish(site, lambda: key_set(key, **{"Cache-Control": "max-age=3600"}))
    client = client_documents.current(DOCUMENT, by=BY)
    assert site.asked == ["/oauth/client.json"]
    for _ in range(2):
        assert token({**authorize(bob, client), **assertion()}).status_code == 200
    assert site.asked == ["/oauth/client.json", "/oauth/keys.json"]
    assert site.dialled == [PUBLIC, PUBLIC]
    left = AppIntegration.objects.get().public_keys_expire_at - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


def test_a_key_that_was_taken_away_signs_nothing_once_the_copy_is_old(
    site, listed, key, token, authorize, bob, assertion
):
    new, published = JWK.generate(**KINDS["EdDSA"]), [key]
    publish(site, lambda: key_set(*published))
    client = client_documents.current(DOCUMENT, by=BY)
    assert token({**authorize(bob, client), **assertion()}).status_code == 200
    published[:] = [new]
    AppIntegration.objects.update(public_keys_expire_at=timezone.now())
    old = token({**authorize(bob, client), **assertion()})
    is_refused(old, "invalid_client", "assertion_signature", status=401)
    assert token({**authorize(bob, client), **assertion(key=new, alg="EdDSA")}).status_code == 200


def test_a_key_that_the_document_itself_no_longer_holds_signs_nothing_once_the_copy_is_old(
    site, client, http, token, authorize, bob, assertion
):
    new = JWK.generate(**KINDS["EdDSA"])
    assert token({**authorize(bob, client), **assertion()}).status_code == 200
    serve(site, token_endpoint_auth_method=SIGNED, jwks={"keys": [public(new)]})
    assert token({**authorize(bob, client), **assertion()}).status_code == 200  # the copy is kept for five minutes
    AppIntegration.objects.update(cimd_expires_at=timezone.now())
    policy.change(by=BY, client_document_hosts=[])  # who came in before stays
    old = http.post("/oidc/v1/token", data={**authorize(bob, client), **assertion()})
    is_refused(old, "invalid_client", "assertion_signature", status=401)
    assert AuditEvent.objects.get(action="client.update").object == f"client:{DOCUMENT}"
    assert token({**authorize(bob, client), **assertion(key=new, alg="EdDSA")}).status_code == 200
    assert site.asked == ["/oauth/client.json"] * 2


@requirement("O5-addresses", "O5-back-off", "AS-DOCUMENT-KEYS")
def test_o5_keys_are_fetched_as_safely_as_documents_and_failures_back_off(
    site, listed, key, token, authorize, bob, assertion
):
    publish(site, lambda: key_set(key))
    client = client_documents.current(DOCUMENT, by=BY)
    site.names = {HOST: ["127.0.0.1"]}
    form = authorize(bob, client)
    refused = token({**form, **assertion()})
    is_refused(refused, "temporarily_unavailable", "document_address_refused", status=503)
    assert int(refused.headers["Retry-After"]) > 0
    site.names = {HOST: [PUBLIC]}
    is_refused(token({**form, **assertion()}), "temporarily_unavailable", "document_failed_before", status=503)
    assert site.dialled == [PUBLIC]  # for the document itself


@pytest.mark.parametrize(
    "answer",
    [
        key_set(status=404),
        (302, {"Location": KEYS, "Content-Type": "application/json"}, b"{}"),
        key_set(),
        (200, {"Content-Type": "application/json"}, b"[]"),
        (200, {"Content-Type": "application/json"}, b" " * 20_000),
    ],
)
def test_o5_what_is_no_set_of_keys_lets_nobody_in(answer, site, listed, token, authorize, bob, assertion):
    publish(site, lambda: answer)
    client = client_documents.current(DOCUMENT, by=BY)
    assert token({**authorize(bob, client), **assertion()}).status_code == 503


def test_a_disabled_client_makes_the_server_fetch_nothing(site, listed, key, token, authorize, bob, assertion):
    publish(site, lambda: key_set(key))
    client = client_documents.current(DOCUMENT, by=BY)
    form = authorize(bob, client)
    AppIntegration.objects.update(enabled=False)
    assert token({**form, **assertion()}).status_code == 401
    assert site.asked == ["/oauth/client.json"]


# Registration


@pytest.fixture
def is_open(transactional_db):
    policy.change(by=BY, client_registration="open")


def test_a_client_that_registers_keys_gets_no_secret_and_signs(http, is_open, jwks, token, authorize, bob, assertion):
    body = {**BODY, "token_endpoint_auth_method": SIGNED, "jwks": jwks}
    answer = http.post("/oidc/v1/register", json=body)
    information = answer.json()
    assert (answer.status_code, information["jwks"]) == (201, jwks)
    assert "client_secret" not in information
    client = AppIntegration.objects.get()
    assert token({**authorize(bob, client), **assertion(client.client_id)}).status_code == 200


def test_nothing_is_fetched_for_a_client_that_registers(http, is_open, site):
    body = {**BODY, "token_endpoint_auth_method": SIGNED, "jwks_uri": KEYS}
    answer = http.post("/oidc/v1/register", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert site.asked == []


# App integrations


@pytest.fixture
def signing_app(confidential_app, jwks):
    integrations.update(confidential_app.integration, by=BY, jwks=jwks)
    return confidential_app


@requirement("AS-ASSERTION-APP", "AS-TOKEN-ONE-METHOD")
def test_an_app_integration_signs_or_sends_its_secret_but_not_both(token, http, signing_app, authorize, bob, assertion):
    def form():
        return authorize(bob, signing_app.integration, scopes=["all-apis"], audience="/")

    signed = assertion(signing_app.client_id)
    assert token({**form(), **signed}).status_code == 200
    assert token({**form(), "client_secret": signing_app.secret}).status_code == 200
    both = {**form(), **assertion(signing_app.client_id), "client_secret": signing_app.secret}
    is_refused(token(both), "invalid_request", "two_client_credentials")


@requirement("AS-ASSERTION-APP")
def test_it_signs_both_requests_of_a_device(http, signing_app, assertion):
    begun = http.post(
        "/oidc/v1/device_authorization", data={"scope": "all-apis", **assertion(signing_app.client_id)}
    ).json()
    poll = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
    answer = http.post("/oidc/v1/token", data={**poll, **assertion(signing_app.client_id)})
    assert answer.json()["error"] == "authorization_pending"
    assert http.post("/oidc/v1/token", data=poll).status_code == 401


def test_keys_that_are_taken_away_sign_nothing(token, signing_app, authorize, bob, assertion):
    integrations.update(signing_app.integration, by=BY, jwks={"keys": []})
    form = authorize(bob, signing_app.integration, scopes=["all-apis"], audience="/")
    refused = token({**form, **assertion(signing_app.client_id)})
    is_refused(refused, "invalid_client", "assertion_signature", status=401)


@pytest.mark.parametrize("wrong", ["x", [], {"keys": {}}, {"keys": [{}]}, {"keys": [{"kty": "oct", "k": "AA"}]}])
def test_an_admin_is_told_what_is_wrong_with_the_keys(wrong, confidential_app, public_app, jwks):
    with pytest.raises(Invalid) as refused:
        integrations.update(confidential_app.integration, by=BY, jwks=wrong)
    assert set(refused.value.errors) == {"jwks"}
    with pytest.raises(Invalid) as refused:
        integrations.update(public_app, by=BY, jwks=jwks)
    assert set(refused.value.errors) == {"jwks"}


def test_a_change_of_something_else_keeps_the_keys(signing_app, jwks):
    changed = integrations.update(signing_app.integration, by=BY, scopes=["sql"])
    assert [key["jwk"] for key in changed.public_keys] == jwks["keys"]

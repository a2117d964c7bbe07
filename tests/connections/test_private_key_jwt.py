"""RFC 7523 2.2, 3: service accounts that sign who they are."""

import base64
import json
import time
import uuid

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from accounts import activation, service_account_keys
from accounts.errors import AlreadyExists, Invalid, QuotaExceeded
from audit.event import NOBODY
from connections.models import AccessToken
from tests.connections.conftest import is_refused
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KINDS = {
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
    "RS256": {"kty": "RSA", "size": 2048},
}


def public(key):
    return key.export_public(as_dict=True)


@pytest.fixture
def key(etl):
    key = JWK.generate(**KINDS["ES256"], kid="one")
    service_account_keys.add(etl, by=NOBODY, jwk=public(key))
    return key


@pytest.fixture
def claims(etl, server):
    name = str(etl.application_id)
    return {"iss": name, "sub": name, "aud": server, "exp": time.time() + 60, "jti": str(uuid.uuid4())}


def sign(key, claims, **header):
    jws = JWS(json.dumps({name: value for name, value in claims.items() if value is not None}))
    jws.add_signature(key, protected=json.dumps({"alg": "ES256", **header}))
    return jws.serialize(compact=True)


def form(assertion, **more):
    kind = {"client_assertion_type": TYPE, "client_assertion": assertion}
    return {"grant_type": "client_credentials", **kind, **more}


def is_unproven(response, reason):
    is_refused(response, "invalid_client", reason, status=401)


@pytest.mark.parametrize("algorithm", KINDS)
def test_each_algorithm_gets_a_token_bound_to_its_key(token, etl, claims, algorithm):
    key = JWK.generate(**KINDS[algorithm])
    stored = service_account_keys.add(etl, by=NOBODY, jwk=public(key), scopes=["unity-catalog"])
    answer = token(form(sign(key, claims, alg=algorithm))).json()
    assert (answer["scope"], answer["expires_in"]) == ("unity-catalog", 3600)
    assert AccessToken.objects.get().key == stored


def test_the_token_endpoint_is_an_audience_too_and_a_list_is_read(token, key, claims, server):
    claims["aud"] = ["https://elsewhere.example", f"{server}/oidc/v1/token"]
    assert token(form(sign(key, claims))).status_code == 200


@requirement("AS-ASSERTION-ONCE")
def test_an_assertion_works_once(token, key, claims):
    once = form(sign(key, claims))
    assert token(once).status_code == 200
    is_unproven(token(once), "assertion_replayed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "someone-else"}, "assertion_issuer"),
        ({"iss": None}, "assertion_issuer"),
        ({"sub": None}, "unknown_client"),
        ({"sub": "a\x00b"}, "unknown_client"),
        ({"aud": "https://elsewhere.example"}, "assertion_audience"),
        ({"aud": None}, "assertion_audience"),
        ({"exp": 1}, "assertion_expired"),
        ({"exp": None}, "assertion_expired"),
        ({"exp": "soon"}, "assertion_expired"),
        ({"exp": 1e400}, "assertion_expired"),
        ({"jti": None}, "assertion_without_jti"),
        ({"jti": 5}, "assertion_without_jti"),
        ({"jti": "j" * 256}, "assertion_without_jti"),
    ],
)
@requirement("AS-ASSERTION-CLAIMS")
def test_a_claim_that_is_wrong_or_missing_is_refused(token, key, claims, change, reason):
    is_unproven(token(form(sign(key, {**claims, **change}))), reason)


@requirement("AS-ASSERTION-CLAIMS")
def test_it_must_end_within_five_minutes_and_have_begun(token, key, claims):
    is_unproven(token(form(sign(key, {**claims, "exp": time.time() + 400}))), "assertion_expired")
    is_unproven(token(form(sign(key, {**claims, "nbf": time.time() + 60}))), "assertion_not_yet_valid")


@requirement("AS-ASSERTION-KEY")
def test_o6_no_algorithm_but_that_of_the_registered_key(token, key, claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    is_unproven(token(form(f"{part({'alg': 'none'})}.{part(claims)}.")), "assertion_algorithm")
    shared = JWK(kty="oct", k=base64.urlsafe_b64encode(json.dumps(public(key)).encode()).decode().rstrip("="))
    is_unproven(token(form(sign(shared, claims, alg="HS256"))), "assertion_algorithm")
    other = JWK.generate(**KINDS["EdDSA"])
    is_unproven(token(form(sign(other, claims, alg="EdDSA"))), "assertion_signature")
    is_unproven(token(form(sign(JWK.generate(**KINDS["ES256"]), claims))), "assertion_signature")
    embedded = JWK.generate(**KINDS["ES256"])
    is_unproven(token(form(sign(embedded, claims, jwk=public(embedded)))), "assertion_signature")
    is_unproven(token(form(sign(key, claims, kid="another"))), "assertion_signature")


@pytest.mark.parametrize("raw", ["x", "a.b.c", "e30.e30.e30", "é.é.é", "." * 9000, "W10.W10.W10", "eyJ.bnVsbA.AA"])
def test_what_is_no_assertion_is_refused(token, raw):
    assert token(form(raw)).status_code == 401


@requirement("AS-TOKEN-ONE-METHOD")
def test_another_client_id_type_or_method_beside_it_is_refused(token, key, claims, confidential_app):
    raw = sign(key, claims)
    is_unproven(token(form(raw, client_id=confidential_app.client_id)), "assertion_of_another_client")
    is_unproven(token({**form(raw), "client_assertion_type": "x"}), "assertion_of_another_client")
    is_refused(token(form(raw, client_secret="x")), "invalid_request", "two_client_credentials")
    is_refused(token(form(raw), auth=("a", "b")), "invalid_request", "two_client_credentials")
    assert token(form(raw, client_id=claims["sub"])).status_code == 200


def test_o15_a_deleted_key_or_a_disabled_account_gets_nothing(token, key, claims, etl):
    assert token(form(sign(key, claims))).status_code == 200
    activation.set_active(etl, False, by=NOBODY)
    is_unproven(token(form(sign(key, {**claims, "jti": "2"}))), "principal_disabled")
    service_account_keys.delete(etl.keys.get(), by=NOBODY)
    assert not AccessToken.objects.exists()
    is_unproven(token(form(sign(key, {**claims, "jti": "3"}))), "assertion_signature")


def test_the_statements_are_few(token, key, claims, client, django_assert_max_num_queries):
    token(form(sign(key, claims)))
    again = form(sign(key, {**claims, "jti": "2"}))
    with django_assert_max_num_queries(12):
        client.post("/oidc/v1/token", again, content_type="application/x-www-form-urlencoded")


@requirement("AS-ASSERTION-KEY")
def test_only_public_keys_of_the_listed_kinds_are_kept(etl):
    pair = JWK.generate(**KINDS["ES256"])
    for jwk in (
        "text",
        {},
        pair.export(as_dict=True),
        {**public(pair), "alg": "RS256"},
        {**public(pair), "use": "enc"},
        {**public(pair), "y": "AAAA"},
        {**public(pair), "x": 5},
        {**public(pair), "kid": 5},
        {"kty": "oct", "k": "c2VjcmV0"},
        public(JWK.generate(kty="RSA", size=1024)),
        public(JWK.generate(kty="EC", crv="P-384")),
        public(JWK.generate(kty="OKP", crv="X25519")),
    ):
        with pytest.raises(Invalid) as refusal:
            service_account_keys.add(etl, by=NOBODY, jwk=jwk)
        assert set(refusal.value.errors) == {"jwk"}


def test_five_keys_at_most_and_each_once(etl):
    pairs = [JWK.generate(**KINDS["EdDSA"]) for _ in range(6)]
    for pair in pairs[:5]:
        service_account_keys.add(etl, by=NOBODY, jwk=public(pair))
    with pytest.raises(AlreadyExists):
        service_account_keys.add(etl, by=NOBODY, jwk=public(pairs[0]))
    with pytest.raises(QuotaExceeded):
        service_account_keys.add(etl, by=NOBODY, jwk=public(pairs[5]))

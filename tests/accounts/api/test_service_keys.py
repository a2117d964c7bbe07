"""accounts.api.service_keys"""

import pytest
from jwcrypto.jwk import JWK

from accounts.models import Account, ServiceAccountKey
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(etl):
    return f"/api/2.0/accounts/{Account.load().account_id}/servicePrincipals/{etl.pk}/credentials/keys"


@pytest.fixture
def jwk():
    return JWK.generate(kty="EC", crv="P-256", kid="build server").export_public(as_dict=True)


def test_a_key_is_registered_listed_and_deleted(admin, path, jwk):
    made = admin.send("POST", path, {"jwk": jwk, "lifetime": "3600s", "scopes": ["sql"]}).json()
    assert (made["algorithm"], made["jwk"], made["scopes"]) == ("ES256", jwk, ["sql"])
    assert admin.send("GET", path).json() == {"keys": [made]}
    assert admin.send("DELETE", f"{path}/{made['id']}").json() == {}
    assert admin.send("DELETE", f"{path}/{made['id']}").status_code == 404
    assert admin.send("DELETE", f"{path}/x").status_code == 404


def test_a_private_key_is_refused_and_not_kept(admin, path):
    pair = JWK.generate(kty="EC", crv="P-256").export(as_dict=True)
    refused = admin.send("POST", path, {"jwk": pair})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert pair["d"] not in refused.content.decode()
    assert not ServiceAccountKey.objects.exists()


@pytest.mark.parametrize("body", [{}, {"jwk": "x"}, {"jwk": None}, {"jwk": {}}, {"jwk": {"kty": ["EC"]}}])
def test_what_is_no_key_is_400(admin, path, body):
    assert admin.send("POST", path, body).status_code == 400


def test_a_key_never_exceeds_the_callers_scopes(caller, alice, path, jwk):
    assert caller(alice, "access-management").send("POST", path, {"jwk": jwk}).status_code == 403


@requirement("O16-credential")
def test_o16_without_access_management_no_key_is_made(caller, alice, dora, bob, path, jwk):
    assert caller(alice, "all-apis").send("POST", path, {"jwk": jwk}).status_code == 403
    assert caller(dora).send("GET", path).status_code == 200
    assert caller(dora).send("POST", path, {"jwk": jwk}).status_code == 403
    assert caller(bob).send("GET", path).status_code == 403

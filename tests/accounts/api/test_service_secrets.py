"""accounts.api.service_secrets"""

from datetime import UTC, datetime

import pytest

from accounts import secrets
from accounts.models import Account, CredentialUse, ServiceAccountSecret

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["account", "proxy"])
def path(request, etl):
    account = f"/{Account.load().account_id}" if request.param == "account" else ""
    return f"/api/2.0/accounts{account}/servicePrincipals/{etl.pk}/credentials/secrets"


def test_a_secret_is_shown_once(admin, path):
    made = admin.send("POST", path, {"lifetime": "3600s", "scopes": ["sql"]}).json()
    assert secrets.prefix_of(made["secret"]) is secrets.Prefix.SERVICE_ACCOUNT_SECRET
    assert (made["status"], made["scopes"]) == ("ACTIVE", ["sql"])
    assert made["expire_time"].endswith("Z")
    stored = ServiceAccountSecret.objects.get()
    assert made["secret_hash"] != bytes(stored.digest).hex()
    raw = made.pop("secret")
    assert admin.send("GET", path).json() == {"secrets": [made]}
    assert raw not in admin.send("GET", path).content.decode()
    assert admin.send("DELETE", f"{path}/{made['id']}").json() == {}
    assert admin.send("DELETE", f"{path}/{made['id']}").status_code == 404


def test_the_last_use_is_told(admin, path):
    made = admin.send("POST", path, {}).json()
    CredentialUse.objects.create(
        credential_kind="service_secret",
        credential_id=made["id"],
        last_used_at=datetime(2026, 11, 1, tzinfo=UTC),
        address="198.51.100.7",
    )
    (told,) = admin.send("GET", path).json()["secrets"]
    assert (told["last_use_time"], told["last_use_address"]) == ("2026-11-01T00:00:00.000Z", "198.51.100.7")


def test_the_sixth_live_secret_is_refused(admin, path):
    for _ in range(5):
        assert admin.send("POST", path, {}).status_code == 200
    assert admin.send("POST", path, {}).json()["error_code"] == "QUOTA_EXCEEDED"


@pytest.mark.parametrize("lifetime", ["0s", "-1", "1h", "", "63072001s", "\u0661s", " 5s", "9" * 400])
def test_a_bad_lifetime_is_400(admin, path, lifetime):
    response = admin.send("POST", path, {"lifetime": lifetime})
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_secrets_come_in_pages(admin, path):
    made = [admin.send("POST", path, {}).json()["id"] for _ in range(3)]
    first = admin.send("GET", f"{path}?page_size=2").json()
    second = admin.send("GET", f"{path}?page_size=2&page_token={first['next_page_token']}").json()
    assert [secret["id"] for secret in first["secrets"] + second["secrets"]] == made
    assert "next_page_token" not in second


def test_a_secret_never_exceeds_the_callers_scopes(caller, alice, path):
    assert caller(alice, "access-management").send("POST", path, {}).status_code == 403


def test_a_person_has_no_secrets(admin, alice, path, etl):
    assert admin.send("GET", path.replace(str(etl.pk), str(alice.pk))).status_code == 404
    assert admin.send("GET", path.replace(str(etl.pk), "x")).status_code == 404


def test_auditors_see_metadata_and_make_none(caller, dora, bob, path):
    assert caller(dora).send("GET", path).status_code == 200
    assert caller(dora).send("POST", path, {}).status_code == 403
    assert caller(bob).send("GET", path).status_code == 403

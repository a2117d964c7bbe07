"""rest-api.md 4.1: the secrets of an app integration, their last use, and the end of one, over HTTP."""

import httpx2
import pytest

from accounts import uses
from accounts.models import CredentialUse
from audit import event_loop
from audit.models import AuditEvent
from tests.connections.api.test_custom_app_integrations import GIVEN, admin, base, client_of
from tests.requirements import requirement

__all__ = ["admin", "base", "client_of"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made(admin, base):
    return admin.post(base, json={**GIVEN, "confidential": True}).json()


@pytest.fixture
def secrets_url(base, made):
    return f"{base}/{made['integration_id']}/secrets"


@pytest.fixture
def introspect(live_server, made):
    def introspect(secret=made["client_secret"]):
        auth = (made["client_id"], secret)
        return httpx2.post(f"{live_server.url}/oidc/v1/introspect", data={"token": "x"}, auth=auth, timeout=30)

    return introspect


@requirement("AS-SECRET-USED")
def test_a_use_is_seen_by_time_and_address_and_written_outside_of_the_request(admin, secrets_url, made, introspect):
    (listed,) = admin.get(secrets_url).json()["secrets"]
    assert listed["ends_in"] == made["client_secret"][-4:]
    assert "last_use_time" not in listed
    assert introspect().status_code == 200
    assert not CredentialUse.objects.filter(credential_kind="client_secret").exists()
    event_loop.run(uses.flush())
    (used,) = admin.get(secrets_url).json()["secrets"]
    assert (used["secret_id"], used["last_use_address"]) == (listed["secret_id"], "127.0.0.1")
    assert used["last_use_time"].endswith("Z")


def test_a_refused_secret_is_no_use(introspect):
    assert introspect("gp_cs_wrong").status_code == 401
    event_loop.run(uses.flush())
    assert not CredentialUse.objects.filter(credential_kind="client_secret").exists()


def test_of_two_secrets_it_is_seen_which_one_is_still_used(admin, base, made, secrets_url, introspect):
    rotated = admin.post(f"{base}/{made['integration_id']}/rotate-secret", json={}).json()
    introspect(made["client_secret"])
    event_loop.run(uses.flush())
    new, old = admin.get(secrets_url).json()["secrets"]
    assert (new["secret_id"], "last_use_time" in new) == (rotated["secret_id"], False)
    assert "expire_time" in old
    assert "last_use_time" in old


def test_a_deleted_secret_is_refused_at_once(admin, secrets_url, introspect):
    (secret,) = admin.get(secrets_url).json()["secrets"]
    assert admin.delete(f"{secrets_url}/{secret['secret_id']}").json() == {}
    assert introspect().status_code == 401
    assert admin.get(secrets_url).json() == {"secrets": []}
    assert AuditEvent.objects.get(action="integration.delete_secret").details["ends_in"] == secret["ends_in"]
    for missing in (secret["secret_id"], "x"):
        assert admin.delete(f"{secrets_url}/{missing}").status_code == 404


def test_who_may_see_and_delete_them(client_of, secrets_url, bob, dora, alice):
    assert httpx2.get(secrets_url).status_code == 401
    assert client_of(bob).get(secrets_url).status_code == 403
    assert client_of(dora).get(secrets_url).status_code == 200
    assert client_of(dora).delete(f"{secrets_url}/x").status_code == 403
    assert client_of(alice, "all-apis").delete(f"{secrets_url}/x").status_code == 403

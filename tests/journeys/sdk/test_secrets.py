"""rest-api.md 4.3: secrets of service accounts, on the account's path and on the workspace's."""

from datetime import datetime, timedelta

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied

from tests.journeys.sdk.connecting import violations, workspace_of
from tests.requirements import requirement

both = pytest.mark.parametrize(
    "service",
    ["account.service_principal_secrets", "workspace.service_principal_secrets_proxy"],
    indirect=True,
)


@both
@requirement("REST-TRAP-9")
def test_a_secret_is_made_listed_and_deleted(service, somebody):
    made = service.create(somebody.id, lifetime="3600s", scopes=["sql"])
    assert made.secret.startswith("gp_sas_")
    assert (made.status, made.scopes) == ("ACTIVE", ["sql"])
    assert made.secret_hash
    lives = datetime.fromisoformat(made.expire_time) - datetime.fromisoformat(made.create_time)
    assert lives == timedelta(hours=1)
    assert all(text.endswith("Z") for text in (made.create_time, made.update_time, made.expire_time))
    (listed,) = service.list(somebody.id)
    assert (listed.id, listed.secret_hash, listed.expire_time) == (made.id, made.secret_hash, made.expire_time)
    assert made.secret not in str(listed.as_dict())
    service.delete(somebody.id, made.id)
    assert list(service.list(somebody.id)) == []
    with pytest.raises(NotFound):
        service.delete(somebody.id, made.id)


def test_both_paths_show_the_same_secrets(account, workspace, somebody):
    made = {
        account.service_principal_secrets.create(somebody.id).id,
        workspace.service_principal_secrets_proxy.create(somebody.id).id,
    }
    assert {row.id for row in account.service_principal_secrets.list(somebody.id, page_size=1)} == made
    assert {row.id for row in workspace.service_principal_secrets_proxy.list(somebody.id)} == made


@both
def test_two_years_and_every_api_unless_said_otherwise(service, somebody):
    made = service.create(somebody.id)
    lives = datetime.fromisoformat(made.expire_time) - datetime.fromisoformat(made.create_time)
    assert (lives, made.scopes) == (timedelta(days=730), ["all-apis"])
    assert service.create(somebody.id, scopes=[], lifetime="1").scopes == ["all-apis"]


@both
@pytest.mark.parametrize("lifetime", ["0s", "-1s", "63072001s", "1h", "1.5s", "s", " 5s"])
def test_a_lifetime_that_is_none_is_refused(service, somebody, lifetime):
    with pytest.raises(BadRequest) as refusal:
        service.create(somebody.id, lifetime=lifetime)
    assert violations(refusal.value)[0].startswith("lifetime")
    assert list(service.list(somebody.id)) == []


@requirement("REST-TRAP-5")
@both
def test_the_sixth_live_secret_is_refused_at_once(service, somebody):
    for _ in range(5):
        last = service.create(somebody.id, lifetime="3600s")
    with pytest.raises(BadRequest) as refusal:  # never 429: the SDK would repeat it for minutes
        service.create(somebody.id)
    assert refusal.value.error_code == "QUOTA_EXCEEDED"
    service.delete(somebody.id, last.id)
    service.create(somebody.id)


def test_an_expired_secret_does_not_count(gatepost, account, somebody):
    for _ in range(5):
        account.service_principal_secrets.create(somebody.id, lifetime="3600s")
    gatepost.database.execute(
        "UPDATE accounts_serviceaccountsecret SET expires_at = now() - interval '1 second' WHERE service_account_id = %s",
        (int(somebody.id),),
    )
    account.service_principal_secrets.create(somebody.id)


def test_a_token_never_exceeds_its_secret(gatepost, account, somebody):
    secret = account.service_principal_secrets.create(somebody.id, lifetime="3600s", scopes=["unity-catalog"]).secret
    named = {"client_id": somebody.application_id, "client_secret": secret}
    narrow = workspace_of(gatepost, **named, scopes=["unity-catalog"])
    assert list(narrow.catalogs.list()) == []
    with pytest.raises(PermissionDenied):
        list(narrow.token_management.list())
    with pytest.raises(Exception, match="invalid_scope"):
        workspace_of(gatepost, **named).current_user.me()  # the SDK asks for all-apis when nothing is said


def test_a_deleted_secret_opens_nothing(gatepost, account, somebody):
    made = account.service_principal_secrets.create(somebody.id)
    account.service_principal_secrets.delete(somebody.id, made.id)
    gone = workspace_of(gatepost, client_id=somebody.application_id, client_secret=made.secret)
    with pytest.raises(Exception, match="invalid_client"):
        gone.current_user.me()


@both
def test_what_does_not_exist_is_not_found(service, workspace, somebody):
    person = workspace.current_user.me().id
    for principal in ("1", "x", somebody.application_id):  # the numeric id it is, not the UUID
        with pytest.raises(NotFound):
            list(service.list(principal))
    if person != somebody.id:
        with pytest.raises(BadRequest):
            service.create(somebody.id, scopes=["genie"])

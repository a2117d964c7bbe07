"""The unmodified databricks-sdk against this server: tokens, SCIM and IP access lists. rest-api.md 9, acceptance."""

import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict, Unauthenticated
from databricks.sdk.service import iam, settings

from accounts import tokens
from accounts.models import Account, User
from audit.event import NOBODY
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
PATCH = [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    """The SDK reads a file of the home folder and its environment."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))


def client_of(kind, live_server, user, *scopes):
    _, raw = tokens.create(user, by=NOBODY, scopes=scopes or ("all-apis", "access-management"))
    options = {"account_id": str(Account.load().account_id)} if kind is AccountClient else {}
    return connect(kind, live_server, raw, **options)


def connect(kind, live_server, raw, **options):
    return kind(config=Config(host=live_server.url, token=raw, retry_timeout_seconds=5, **options))


def is_refused(client):
    try:
        client.current_user.me()
    except Unauthenticated:
        return True
    return False


@pytest.fixture
def workspace(live_server, alice):
    return client_of(WorkspaceClient, live_server, alice)


@pytest.fixture
def account(live_server, alice):
    return client_of(AccountClient, live_server, alice)


def test_tokens(workspace, live_server, alice):
    made = workspace.tokens.create(comment="ci", lifetime_seconds=3600)
    assert made.token_info.comment == "ci"
    narrow = connect(WorkspaceClient, live_server, made.token_value)
    assert narrow.current_user.me().user_name == "alice@example.com"
    with pytest.raises(PermissionDenied):
        narrow.tokens.create(comment="more")
    assert made.token_info.token_id in [info.token_id for info in workspace.tokens.list()]
    workspace.tokens.delete(made.token_info.token_id)
    with pytest.raises(NotFound):
        workspace.tokens.delete(made.token_info.token_id)
    until(lambda: is_refused(narrow), limit=1.0)


def test_token_management(workspace, live_server, bob):
    client_of(WorkspaceClient, live_server, bob)
    (info,) = workspace.token_management.list(created_by_id=bob.pk)
    assert (info.owner_id, info.created_by_username) == (bob.pk, "bob@example.com")
    assert workspace.token_management.get(info.token_id).token_info.token_id == info.token_id
    workspace.token_management.delete(info.token_id)
    assert list(workspace.token_management.list(created_by_id=bob.pk)) == []


def test_ip_access_lists(workspace, account):
    made = workspace.ip_access_lists.create("here", settings.ListType.ALLOW, ip_addresses=["127.0.0.0/8", "::1"])
    list_id = made.ip_access_list.list_id
    assert [entry.label for entry in workspace.ip_access_lists.list()] == ["here"]
    workspace.ip_access_lists.update(list_id, label="home")
    assert workspace.ip_access_lists.get(list_id).ip_access_list.label == "home"
    workspace.ip_access_lists.replace(list_id, "gone", settings.ListType.ALLOW, False, ip_addresses=["127.0.0.1"])
    assert workspace.ip_access_lists.get(list_id).ip_access_list.enabled is False
    with pytest.raises(BadRequest, match="lock you out"):
        workspace.ip_access_lists.create("elsewhere", settings.ListType.ALLOW, ip_addresses=["203.0.113.0/24"])
    workspace.ip_access_lists.delete(list_id)
    blocked = account.ip_access_lists.create("bad", settings.ListType.BLOCK, ip_addresses=["203.0.113.0/24"])
    assert [entry.list_id for entry in account.ip_access_lists.list()] == [blocked.ip_access_list.list_id]


def test_people(account, workspace, bob):
    assert {user.user_name for user in account.users.list()} == {"alice@example.com", "bob@example.com"}
    (found,) = workspace.users.list(filter='userName eq "BOB@example.com"')
    off = [iam.Patch(op=iam.PatchOp.REPLACE, value={"active": False})]
    account.users.patch(found.id, operations=off, schemas=PATCH)
    assert workspace.users.get(found.id).active is False
    dropped = [iam.Patch(op=iam.PatchOp.REPLACE, path="active", value=False)]
    with pytest.raises(BadRequest, match='"active":false'):
        account.users.patch(found.id, operations=dropped, schemas=PATCH)
    with pytest.raises(ResourceConflict):
        workspace.users.create(user_name="bob@example.com")
    eve = workspace.users.create(user_name="eve@example.com", display_name="Eve")
    workspace.users.delete(eve.id)
    with pytest.raises(NotFound):
        workspace.users.get(eve.id)


def test_service_accounts_and_their_secrets(account):
    made = account.service_principals.create(display_name="ci", active=True)
    secret = account.service_principal_secrets.create(int(made.id), lifetime="3600s")
    assert secret.secret.startswith("gp_sas_")
    assert [row.id for row in account.service_principal_secrets.list(int(made.id))] == [secret.id]
    account.service_principal_secrets.delete(int(made.id), secret.id)
    account.service_principals.delete(made.id)
    assert list(account.service_principals.list()) == []


def test_groups(workspace, bob):
    made = workspace.groups.create(display_name="makers", members=[iam.ComplexValue(value=str(bob.pk))])
    assert [member.display for member in workspace.groups.get(made.id).members] == ["Bob"]
    take = [iam.Patch(op=iam.PatchOp.REMOVE, path=f'members[value eq "{bob.pk}"]')]
    workspace.groups.patch(made.id, operations=take, schemas=PATCH)
    assert not workspace.groups.get(made.id).members
    workspace.groups.delete(made.id)


def test_a_walk_over_more_than_one_page_ends(workspace):
    for number in range(105):
        User.objects.create_service_account(f"s{number}")
    assert len(list(workspace.service_principals.list())) == 105


def test_a_deactivated_person_is_out_within_a_second(live_server, workspace, bob):
    theirs = client_of(WorkspaceClient, live_server, bob)
    theirs.current_user.me()
    off = [iam.Patch(op=iam.PatchOp.REPLACE, value={"active": False})]
    workspace.users.patch(str(bob.pk), operations=off, schemas=PATCH)
    until(lambda: is_refused(theirs), limit=1.0)


def test_a_foreign_account_does_not_exist(live_server, alice):
    _, raw = tokens.create(alice, by=NOBODY)
    foreign = connect(AccountClient, live_server, raw, account_id="00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotFound):
        list(foreign.users.list())

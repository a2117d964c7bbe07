"""The unmodified Python SDK against a running Gatepost, by personal access token and by client credentials.

rest-api.md 9. What each part answers in every corner is tested beside its code; here is what the SDK makes of it.
"""

import uuid

import httpx2
import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import (
    BadRequest,
    NotFound,
    PermissionDenied,
    ResourceConflict,
    Unauthenticated,
)
from databricks.sdk.service import catalog, iam, oauth2, settings

PATCH = [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]
WIDE = ["all-apis", "access-management"]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    """The SDK reads a file of the home folder and its environment."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.fixture(scope="module")
def robot(gatepost):
    """A service account that is an account admin, with a secret; gone at the end."""
    admin = AccountClient(config=_config(gatepost, account=True, token=gatepost.facts["admin_token"]))
    made = admin.service_principals.create(display_name="robot", roles=[iam.ComplexValue(value="account_admin")])
    secret = admin.service_principal_secrets.create(int(made.id), lifetime="3600s", scopes=WIDE)
    yield {"client_id": made.application_id, "client_secret": secret.secret}
    admin.service_principals.delete(made.id)


@pytest.fixture(params=["token", "client credentials"])
def credentials(request, gatepost):
    if request.param == "token":
        return {"token": gatepost.facts["admin_token"]}
    return {**request.getfixturevalue("robot"), "scopes": WIDE}


@pytest.fixture
def account(gatepost, credentials):
    return AccountClient(config=_config(gatepost, account=True, **credentials))


@pytest.fixture
def workspace(gatepost, credentials):
    return WorkspaceClient(config=_config(gatepost, **credentials))


def _config(gatepost, *, account=False, **credentials):
    options = {"account_id": gatepost.facts["account_id"]} if account else {}
    return Config(host=gatepost.base, retry_timeout_seconds=5, **options, **credentials)


def test_who_calls(workspace, credentials):
    me = workspace.current_user.me()
    assert me.user_name == credentials.get("client_id", "admin@demo.example")
    assert me.active


def test_catalogs_schemas_tables_and_functions(workspace):
    assert "demo" in [row.name for row in workspace.catalogs.list()]
    assert workspace.catalogs.get("demo").catalog_type == catalog.CatalogType.FOREIGN_CATALOG
    assert {"hr", "sales", "support"} <= {row.name for row in workspace.schemas.list("demo")}
    assert workspace.schemas.get("demo.sales").catalog_name == "demo"
    customers = workspace.tables.get("demo.sales.customers")
    assert customers.table_type == catalog.TableType.FOREIGN
    assert all(column.type_name for column in customers.columns)
    assert "customers" in [row.name for row in workspace.tables.list("demo", "sales", max_results=2)]
    assert workspace.tables.exists("demo.sales.customers").table_exists is True
    assert workspace.tables.exists("demo.sales.nothing").table_exists is False
    patterns = {"schema_name_pattern": "sal%", "table_name_pattern": "cust%"}
    assert "demo.sales.customers" in [row.full_name for row in workspace.tables.list_summaries("demo", **patterns)]
    functions = list(workspace.functions.list("demo", "sales", max_results=3))
    assert all(function.data_type and function.routine_body for function in functions)
    overloads = [row.name for row in functions if row.name.startswith("search_products__")]
    assert len(overloads) == 2
    assert workspace.functions.get(f"demo.sales.{overloads[0]}").specific_name == overloads[0]
    with pytest.raises(NotFound, match=overloads[0]):
        workspace.functions.get("demo.sales.search_products")
    with pytest.raises(NotFound):
        workspace.catalogs.get("nothing")
    assert workspace.metastores.current().metastore_id == workspace.metastores.summary().metastore_id


def test_writes_to_catalogs_are_refused(workspace):
    with pytest.raises(Exception, match="/api/gatepost/v1/catalogs"):  # 405 has no class of its own
        workspace.catalogs.delete("demo")


def test_grants(workspace):
    on = ("table", "demo.sales.products")
    add = catalog.PermissionsChange(principal="analysts-by-sdk", add=[catalog.Privilege.ALL_PRIVILEGES])
    group = workspace.groups.create(display_name="analysts-by-sdk")
    try:
        changed = workspace.grants.update(*on, changes=[add])
        assert changed.privilege_assignments[0].privileges == [catalog.Privilege.MODIFY, catalog.Privilege.SELECT]
        assert workspace.grants.get(*on, principal="analysts-by-sdk").privilege_assignments
        above = catalog.PermissionsChange(principal="analysts-by-sdk", add=[catalog.Privilege.SELECT])
        workspace.grants.update("catalog", "demo", changes=[above])
        found = workspace.grants.get_effective(*on, principal="analysts-by-sdk").privilege_assignments[0].privileges
        assert {row.inherited_from_type for row in found} == {None, catalog.SecurableType.CATALOG}
        unknown = catalog.PermissionsChange(principal="nobody", add=[catalog.Privilege.SELECT])
        with pytest.raises(NotFound):
            workspace.grants.update(*on, changes=[unknown])
        senseless = catalog.PermissionsChange(principal="analysts-by-sdk", add=[catalog.Privilege.CREATE_TABLE])
        with pytest.raises(BadRequest, match="CREATE_TABLE"):
            workspace.grants.update(*on, changes=[senseless])
    finally:
        workspace.groups.delete(group.id)


def test_app_integrations(account):
    apps = account.custom_app_integration
    policy = oauth2.TokenAccessPolicy(access_token_ttl_in_minutes=60, refresh_token_ttl_in_minutes=10080)
    made = apps.create(
        name="mcp-public-client",
        redirect_urls=["https://claude.ai/api/mcp/auth_callback"],
        confidential=False,
        scopes=["all-apis"],
        token_access_policy=policy,
    )
    assert made.client_secret is None
    apps.update(made.integration_id, token_access_policy=oauth2.TokenAccessPolicy(access_token_ttl_in_minutes=30))
    shown = apps.get(made.integration_id)
    assert shown.token_access_policy.access_token_ttl_in_minutes == 30
    assert shown.token_access_policy.refresh_token_ttl_in_minutes == 10080
    assert isinstance(shown.created_by, int)
    (plain,) = [app for app in apps.list() if app.integration_id == made.integration_id]
    assert plain.creator_username is None
    (asked,) = [app for app in apps.list(include_creator_username=True) if app.integration_id == made.integration_id]
    assert asked.creator_username
    for broken in ({"redirect_urls": ["https://*.example.com/cb"]}, {"scopes": ["genie"]}):
        with pytest.raises(BadRequest):
            apps.update(made.integration_id, **broken)
    apps.delete(made.integration_id)
    with pytest.raises(NotFound):
        apps.get(made.integration_id)


def test_service_accounts_and_their_secrets_on_both_surfaces(account, workspace):
    made = account.service_principals.create(display_name="by-sdk")
    secret = account.service_principal_secrets.create(int(made.id), lifetime="3600s", scopes=["sql"])
    other = workspace.service_principal_secrets_proxy.create(made.id, lifetime="3600s")
    listed = {row.id for row in account.service_principal_secrets.list(int(made.id))}
    assert (
        listed == {secret.id, other.id} == {row.id for row in workspace.service_principal_secrets_proxy.list(made.id)}
    )
    workspace.service_principal_secrets_proxy.delete(made.id, other.id)
    for _ in range(4):
        account.service_principal_secrets.create(int(made.id))
    with pytest.raises(BadRequest):  # a quota is never 429, which the SDK would repeat for minutes
        account.service_principal_secrets.create(int(made.id))
    workspace.service_principals.update(made.id, display_name="renamed", active=True)
    assert account.service_principals.get(made.id).display_name == "renamed"
    account.service_principals.delete(made.id)
    with pytest.raises(NotFound):
        workspace.service_principals.get(made.id)


def test_a_token_never_exceeds_its_secret(gatepost, account):
    made = account.service_principals.create(display_name="narrow")
    secret = account.service_principal_secrets.create(int(made.id), lifetime="3600s", scopes=["unity-catalog"])
    named = {"client_id": made.application_id, "client_secret": secret.secret}
    narrow = WorkspaceClient(config=_config(gatepost, **named, scopes=["unity-catalog"]))
    assert list(narrow.catalogs.list()) == []
    with pytest.raises(PermissionDenied):
        narrow.token_management.list()
    beyond = WorkspaceClient(config=_config(gatepost, **named, scopes=["all-apis"]))
    with pytest.raises(Exception, match="invalid_scope"):
        beyond.current_user.me()
    wrong = WorkspaceClient(config=_config(gatepost, client_id=made.application_id, client_secret="gp_sas_wrong"))
    with pytest.raises(Exception, match="invalid_client"):
        wrong.current_user.me()
    account.service_principals.delete(made.id)


def test_people_and_groups(account, workspace):
    eve = account.users.create(user_name="eve-by-sdk@example.com", display_name="Eve")
    with pytest.raises(ResourceConflict):
        workspace.users.create(user_name="EVE-by-sdk@example.com")
    group = workspace.groups.create(display_name="makers-by-sdk", members=[iam.ComplexValue(value=eve.id)])
    assert [member.value for member in account.groups.get(group.id).members] == [eve.id]
    off = [iam.Patch(op=iam.PatchOp.REPLACE, value={"active": False})]
    workspace.users.patch(eve.id, operations=off, schemas=PATCH)
    assert account.users.get(eve.id).active is False
    dropped = [iam.Patch(op=iam.PatchOp.REPLACE, path="active", value=False)]
    with pytest.raises(BadRequest, match='"active":false'):
        workspace.users.patch(eve.id, operations=dropped, schemas=PATCH)
    account.groups.delete(group.id)
    account.users.delete(eve.id)
    assert eve.id not in [row.id for row in account.users.list()]


def test_tokens_and_their_management(workspace, credentials):
    robot = workspace.service_principals.create(display_name="obo-by-sdk")
    made = workspace.token_management.create_obo_token(robot.application_id, lifetime_seconds=3600, scopes=["sql"])
    row = workspace.token_management.get(made.token_info.token_id).token_info
    assert (row.owner_id, isinstance(row.creation_time, int)) == (int(robot.id), True)
    workspace.token_management.delete(row.token_id)
    with pytest.raises(NotFound):
        workspace.token_management.get(row.token_id)
    workspace.service_principals.delete(robot.id)
    if "token" in credentials:
        own = workspace.tokens.create(comment="by-sdk", lifetime_seconds=3600)
        assert own.token_info.token_id in [info.token_id for info in workspace.tokens.list()]
        workspace.tokens.delete(own.token_info.token_id)
        with pytest.raises(BadRequest):
            workspace.tokens.create(lifetime_seconds=-1)
    else:
        with pytest.raises(PermissionDenied):
            workspace.tokens.create(lifetime_seconds=3600)


def test_network_lists_and_their_switch(account, workspace):
    made = workspace.ip_access_lists.create("here", settings.ListType.ALLOW, ip_addresses=["127.0.0.0/8", "::1"])
    list_id = made.ip_access_list.list_id
    with pytest.raises(BadRequest, match="lock you out"):
        workspace.ip_access_lists.update(list_id, ip_addresses=["203.0.113.0/24"])
    many = [f"10.{high}.{low}.1" for high in range(5) for low in range(250)]
    with pytest.raises(BadRequest, match="1000"):
        account.ip_access_lists.create("many", settings.ListType.BLOCK, ip_addresses=many)
    workspace.workspace_conf.set_status({"enableIpAccessLists": "false"})
    assert workspace.workspace_conf.get_status("enableIpAccessLists") == {"enableIpAccessLists": "false"}
    workspace.workspace_conf.set_status({"enableIpAccessLists": "true"})
    workspace.ip_access_lists.delete(list_id)
    with pytest.raises(NotFound):
        workspace.ip_access_lists.get(list_id)


def test_a_foreign_account_and_a_bad_token(gatepost):
    token = gatepost.facts["admin_token"]
    config = Config(host=gatepost.base, token=token, account_id=str(uuid.uuid4()), retry_timeout_seconds=5)
    with pytest.raises(NotFound):
        list(AccountClient(config=config).users.list())
    with pytest.raises(Unauthenticated):
        WorkspaceClient(config=_config(gatepost, token="gp_pat_wrong")).current_user.me()


def test_errors_are_json_and_of_words_that_no_client_waits_for(gatepost):
    headers = {"Authorization": f"Bearer {gatepost.facts['admin_token']}"}
    for path, status in (("/api/2.0/nothing", 404), ("/api/2.0/clusters/list", 404), ("/api/2.0/token/create", 405)):
        answer = httpx2.get(gatepost.base + path, headers=headers)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
        assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
        assert "Unexpected error" not in answer.text

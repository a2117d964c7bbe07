"""rest-api.md 2: what the SDK reads before its first call, and how it gets its token."""

import uuid
from datetime import datetime

import httpx2
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import PermissionDenied, Unauthenticated

from tests.journeys.sdk.connecting import WIDE, workspace_of
from tests.requirements import requirement

CONFIG = "/.well-known/databricks-config"


@requirement("REST-TRAP-1")
def test_the_first_document_says_where_to_sign_in(gatepost):
    answer = httpx2.get(gatepost.base + CONFIG)
    assert answer.json() == {
        "oidc_endpoint": f"{gatepost.base}/oidc",
        "account_id": gatepost.facts["account_id"],
        "workspace_id": gatepost.facts["workspace_id"],
        "host_type": "unified",
    }
    assert answer.headers["Content-Type"] == "application/json"
    assert "max-age=300" in answer.headers["Cache-Control"]
    assert len(gatepost.facts["workspace_id"]) == 16


@requirement("REST-TRAP-1")
def test_the_first_document_is_never_limited(gatepost):
    with httpx2.Client(base_url=gatepost.base) as client:
        assert {client.get(CONFIG).status_code for _ in range(150)} == {200}


def test_the_document_of_the_authorization_server_is_one_on_all_its_paths(gatepost):
    base, name = gatepost.base, "/.well-known/oauth-authorization-server"
    paths = [name, f"/oidc{name}", f"/oidc/accounts/{gatepost.facts['account_id']}{name}"]
    plain, *others = [httpx2.get(base + path, headers={"Host": httpx2.URL(base).netloc.decode()}) for path in paths]
    assert plain.json()["issuer"] == base
    assert plain.json()["token_endpoint"] == f"{base}/oidc/v1/token"
    assert [other.json() for other in others] == [plain.json()] * 2
    assert httpx2.get(f"{base}/oidc/accounts/{uuid.uuid4()}{name}").status_code == 404


def test_the_sdk_finds_its_endpoints_and_gets_a_token_by_itself(gatepost, robot):
    config = Config(host=gatepost.base, **robot, scopes=WIDE)
    assert config.oidc_endpoints.token_endpoint == f"{gatepost.base}/oidc/v1/token"
    assert (config.account_id, config.workspace_id) == (gatepost.facts["account_id"], gatepost.facts["workspace_id"])
    token = config.oauth_token()
    assert (token.token_type, token.access_token[:6]) == ("Bearer", "gp_at_")
    assert token.refresh_token is None
    assert 290 <= (token.expiry - datetime.now()).total_seconds() <= 3600


def test_both_token_endpoints_answer_alike(gatepost, robot):
    form = {"grant_type": "client_credentials", "scope": "all-apis"}
    for path in ("", f"/accounts/{gatepost.facts['account_id']}"):
        answer = httpx2.post(f"{gatepost.base}/oidc{path}/v1/token", data=form, auth=tuple(robot.values()))
        told = answer.json()
        assert (told["token_type"], type(told["expires_in"]), told["scope"]) == ("Bearer", int, "all-apis")
        assert "refresh_token" not in told


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"client_secret": "gp_sas_wrong"}, 401, "invalid_client"),
        ({"client_id": str(uuid.UUID(int=1))}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "mcp.write"}, 400, "invalid_scope"),
        ({"scope": "genie"}, 400, "invalid_scope"),
    ],
)
@requirement("REST-TRAP-14")
def test_a_token_error_is_json_with_its_type(gatepost, robot, change, status, code):
    form = {"grant_type": "client_credentials", "scope": "all-apis", **robot, **change}
    auth = (form.pop("client_id"), form.pop("client_secret"))
    answer = httpx2.post(f"{gatepost.base}/oidc/v1/token", data=form, auth=auth)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    assert answer.json()["error"] == code
    assert answer.json()["error_description"]


@requirement("REST-TRAP-14")
def test_the_sdk_shows_error_and_description(gatepost, robot):
    wrong = workspace_of(gatepost, client_id=robot["client_id"], client_secret="gp_sas_wrong")
    with pytest.raises(Exception, match=r"invalid_client: \w"):
        wrong.current_user.me()
    beyond = workspace_of(gatepost, **robot, scopes=["mcp.write"])
    with pytest.raises(Exception, match=r"invalid_scope: \w"):
        beyond.current_user.me()


def test_who_calls(gatepost, workspace, credentials):
    me = workspace.current_user.me()
    assert me.user_name == credentials.get("client_id", "admin@demo.example")
    assert me.active
    assert [role.value for role in me.roles] == ["account_admin"]
    assert set(workspace.current_user.me(attributes="userName").as_dict()) == {"id", "schemas", "userName"}
    assert not workspace.current_user.me(excluded_attributes="roles").roles
    assert workspace.get_workspace_id() == int(gatepost.facts["workspace_id"])  # from x-databricks-org-id


def test_any_credential_may_ask_who_it_is_and_nothing_more(gatepost):
    value, _ = gatepost.token(scopes=["mcp.functions"])
    narrow = workspace_of(gatepost, token=value)
    assert narrow.current_user.me().user_name == "admin@demo.example"
    with pytest.raises(PermissionDenied, match="all-apis"):
        list(narrow.users.list())


@pytest.mark.parametrize("token", ["gp_pat_wrong", "noise", "gp_at_" + "0" * 49])
def test_a_bad_token_is_unauthenticated(gatepost, token):
    with pytest.raises(Unauthenticated):
        workspace_of(gatepost, token=token).current_user.me()
    answer = httpx2.get(f"{gatepost.base}/api/2.0/token/list", headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="gatepost", error="invalid_token"')


def test_without_a_token_the_challenge_names_no_error(gatepost):
    answer = httpx2.get(f"{gatepost.base}/api/2.0/token/list")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="gatepost"'


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        (lambda client: client.tokens.create(comment="more"), "access-management"),
        (lambda client: client.users.create(user_name="more@example.com"), "access-management"),
        (lambda client: client.workspace_conf.set_status({"enableIpAccessLists": "true"}), "access-management"),
        (lambda client: client.grants.update("catalog", "demo", changes=[]), "access-management"),
        (lambda client: client.token_management.create_obo_token(str(uuid.UUID(int=1))), "access-management"),
    ],
)
def test_a_token_without_access_management_widens_nothing(gatepost, call, scope):
    value, _ = gatepost.token(scopes=["all-apis"])
    client: WorkspaceClient = workspace_of(gatepost, token=value)
    with pytest.raises(PermissionDenied, match=scope):
        call(client)

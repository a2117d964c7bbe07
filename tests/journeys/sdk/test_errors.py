"""rest-api.md 3: errors, what may be sent again, and what is not answered."""

import uuid

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceConflict
from databricks.sdk.service.settings import ListType

from tests.journeys.sdk.connecting import account_of, violations, workspace_of
from tests.requirements import requirement

WAITED_FOR = ("Unexpected error", "Please try again later or try a faster operation.", "RPC token bucket limit")


@requirement("REST-TRAP-10")
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/2.0/nothing", None, 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/clusters/list", None, 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/token/list/", None, 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/identity/groups/resolve", None, 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/2.0/token/create", None, 405, "ENDPOINT_NOT_FOUND"),
        ("POST", "/api/2.0/token/create", b"{", 400, "MALFORMED_REQUEST"),
        ("POST", "/api/2.0/token/create", b"[]", 400, "MALFORMED_REQUEST"),
        ("POST", "/api/2.0/token/create", b'{"nickname":"x"}', 400, "INVALID_PARAMETER_VALUE"),
        ("POST", "/api/2.0/token/create", b'{"comment":"' + b"x" * 1_100_000 + b'"}', 413, "MALFORMED_REQUEST"),
        ("GET", "/api/2.1/unity-catalog/schemas", None, 400, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_every_error_is_json_of_one_shape(gatepost, method, path, body, status, code):
    headers = {"Authorization": f"Bearer {gatepost.facts['admin_token']}", "Content-Type": "application/json"}
    answer = gatepost.answer(method, path, headers={**headers, "Accept": "text/html"}, content=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
    told = answer.json()
    assert told["error_code"] == code
    assert set(told) == {"error_code", "message", "details"}  # no `error`: the SDK would show that
    request_info = {
        "@type": "type.googleapis.com/google.rpc.RequestInfo",
        "request_id": answer.headers["X-Request-Id"],
    }
    assert told["details"][0] == request_info
    assert uuid.UUID(answer.headers["X-Request-Id"])


@requirement("REST-TRAP-10")
def test_another_content_type_is_refused(gatepost):
    headers = {"Authorization": f"Bearer {gatepost.facts['admin_token']}", "Content-Type": "text/plain"}
    answer = gatepost.answer("POST", "/api/2.0/token/create", headers=headers, content=b"{}")
    assert (answer.status_code, answer.json()["error_code"]) == (415, "MALFORMED_REQUEST")


@requirement("REST-TRAP-6")
def test_no_message_has_words_that_make_the_sdk_wait(gatepost):
    """What the server says stands in its source, so that is where they are looked for."""
    folders = ("accounts", "audit", "catalog", "config", "connections", "jobs", "mcp_endpoint")
    sources = [path for folder in folders for path in gatepost.source.joinpath(folder).rglob("*.py")]
    assert len(sources) > 100
    assert [path for path in sources if any(words in path.read_text() for words in WAITED_FOR)] == []


@requirement("REST-TRAP-5")
def test_no_quota_is_a_status_that_the_sdk_repeats(workspace):
    with pytest.raises(BadRequest) as refusal:
        workspace.ip_access_lists.create(
            "x", ListType.BLOCK, ip_addresses=[f"10.0.{n // 250}.{n % 250}" for n in range(1001)]
        )
    assert refusal.value.error_code == "QUOTA_EXCEEDED"


def test_the_sdk_reads_the_request_id_and_the_fields(workspace):
    with pytest.raises(BadRequest) as refusal:
        workspace.api_client.do("POST", "/api/2.0/ip-access-lists", body={"label": "x", "colour": "red"})
    assert violations(refusal.value) == ["colour"]
    assert uuid.UUID(refusal.value.get_error_details().request_info.request_id)


def test_a_foreign_account_does_not_exist(gatepost, credentials):
    foreign = account_of(gatepost, **{**credentials, "account_id": str(uuid.uuid4())})
    for call in (
        lambda: list(foreign.users.list()),
        lambda: foreign.groups.create(display_name="x"),
        lambda: list(foreign.custom_app_integration.list()),
        lambda: list(foreign.ip_access_lists.list()),
        lambda: list(foreign.service_principal_secrets.list("1")),
        lambda: list(foreign.o_auth_published_apps.list()),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_header_of_a_workspace_carries_no_authority(gatepost, workspace):
    headers = {"X-Databricks-Workspace-Id": "1234567890123456"}
    assert workspace.api_client.do("GET", "/api/2.0/preview/scim/v2/Me", headers=headers)["id"]


def test_a_creation_that_is_sent_again_makes_one(gatepost, workspace):
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    def create(name):
        return workspace.api_client.do(
            "POST", "/api/2.0/preview/scim/v2/ServicePrincipals", body={"displayName": name}, headers=headers
        )

    made = create("once")
    assert create("once")["id"] == made["id"]
    with pytest.raises(ResourceConflict):
        create("twice")
    workspace.service_principals.delete(made["id"])


@pytest.mark.parametrize(
    "read",
    [
        lambda account, workspace: account.custom_app_integration.list(),
        lambda account, workspace: account.published_app_integration.list(),
        lambda account, workspace: account.o_auth_published_apps.list(),
        lambda account, workspace: account.users.list(),
        lambda account, workspace: account.ip_access_lists.list(),
        lambda account, workspace: workspace.ip_access_lists.list(),
        lambda account, workspace: workspace.service_principals.list(),
        lambda account, workspace: workspace.token_management.list(),
        lambda account, workspace: workspace.workspace_conf.get_status("enableIpAccessLists"),
    ],
)
def test_what_is_for_admins_is_not_for_members_and_is_recorded(gatepost, read):
    token = gatepost.facts["member_token"]
    since = gatepost.mark()
    with pytest.raises(PermissionDenied):
        list(read(account_of(gatepost, token=token), workspace_of(gatepost, token=token)))
    assert [outcome for _, outcome, _ in gatepost.records(since, "api.%")] == ["denied"]


def test_every_change_leaves_one_record(gatepost, account):
    since = gatepost.mark()
    made = account.groups.create(display_name="recorded-by-sdk")
    account.groups.delete(made.id)
    actions = [(action, outcome) for action, outcome, _ in gatepost.records(since, "%")]
    assert actions == [("group.create", "allowed"), ("group.delete", "allowed")]

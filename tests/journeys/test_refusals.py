"""Every refusal of the MCP endpoint: its code, its challenge, its one record."""

import pytest

from tests.journeys.consenting import authorize, make_integration
from tests.requirements import requirement

CALL = {"name": "demo__sales__get_customer", "arguments": {"customer_id": 42}}
UNKNOWN = "gp_pat_" + "0" * 49


@pytest.fixture
def admin_token(gatepost):
    return gatepost.facts["admin_token"]


def denied(gatepost, since, count=1):
    records = gatepost.records(since)
    assert [outcome for _, outcome, _ in records] == ["denied"] * count, records


@pytest.mark.parametrize("token", [None, UNKNOWN, "noise"])
@requirement("RS-401-CHALLENGE")
def test_without_a_valid_token_the_answer_is_a_challenge(gatepost, token):
    since = gatepost.mark()
    answer = gatepost.rpc("tools/list", token=token)
    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 401
    assert f'resource_metadata="{gatepost.base}/.well-known/oauth-protected-resource/api/2.0/mcp/' in challenge
    assert 'scope="mcp.functions"' in challenge
    assert ('error="invalid_token"' in challenge) is (token is not None)
    denied(gatepost, since)


@requirement("RS-METADATA-BLIND")
def test_a_stranger_learns_nothing_about_what_exists(gatepost):
    urls = [gatepost.functions, gatepost.functions.replace("demo", "secret"), f"{gatepost.functions}/nothing"]
    answers = [gatepost.rpc("tools/list", token=None, url=url) for url in urls]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


@pytest.mark.parametrize("path", ["nothing/sales", "demo/nothing", "demo/sales/nothing", "demo/hr"])
@requirement("MCP-RUNG-28")
def test_what_is_not_there_and_what_is_not_yours_are_one_answer(gatepost, path):
    def answer(path):
        url = f"{gatepost.base}/api/2.0/mcp/functions/{path}"
        told = gatepost.rpc("tools/list", token=gatepost.facts["member_token"], url=url)
        return told.status_code, told.text.replace(path.replace("/", "."), "...")  # it repeats what was asked, no more

    since = gatepost.mark()
    assert answer(path) == answer("no/such")
    assert answer(path)[0] == 404
    denied(gatepost, since, 3)


@requirement("RS-401-INVALID")
def test_a_revoked_token_is_refused(gatepost):
    value, token_id = gatepost.token()
    assert gatepost.rpc("tools/call", CALL, token=value).status_code == 200
    gatepost.api("POST", "/api/2.0/token/delete", json={"token_id": token_id})
    since = gatepost.mark()
    answer = gatepost.rpc("tools/call", CALL, token=value)
    assert (answer.status_code, 'error="invalid_token"' in answer.headers["www-authenticate"]) == (401, True)
    denied(gatepost, since)


@requirement("RS-EXPIRED")
def test_an_expired_token_is_refused(gatepost):
    value, token_id = gatepost.token()
    gatepost.database.execute(
        "UPDATE accounts_personalaccesstoken SET expires_at = now() - interval '1 second' WHERE token_id = %s",
        (token_id,),
    )
    since = gatepost.mark()
    assert gatepost.rpc("tools/call", CALL, token=value).status_code == 401
    denied(gatepost, since)


@requirement("RS-RECORDED")
def test_the_token_of_a_deactivated_person_is_refused(gatepost):
    member, token = gatepost.member(), gatepost.facts["member_token"]
    gatepost.set_active("Users", member, active=False)
    try:
        since = gatepost.mark()
        answer = gatepost.rpc("tools/call", CALL, token=token)
        denied(gatepost, since)
    finally:
        gatepost.set_active("Users", member, active=True)
    assert (answer.status_code, 'error="invalid_token"' in answer.headers["www-authenticate"]) == (401, True)


@requirement("RS-403-SCOPE")
def test_a_token_without_the_scope_gets_the_step_up_challenge(gatepost):
    value, _ = gatepost.token(scopes=["mcp.functions"])
    since = gatepost.mark()
    call = {"name": "demo__sales__place_order", "arguments": {"customer_id": 42, "product_id": 7}}
    answer = gatepost.rpc("tools/call", call, token=value)
    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="mcp.functions mcp.write"' in challenge
    denied(gatepost, since)


@requirement("MCP-VALIDATED")
def test_a_wrong_argument_is_a_tool_error_that_names_it(gatepost, admin_token):
    since = gatepost.mark()
    call = {"name": "demo__sales__get_customer", "arguments": {"customer_id": "forty-two"}}
    result = gatepost.rpc("tools/call", call, token=admin_token).json()["result"]
    assert result["isError"] is True
    assert "customer_id" in result["content"][0]["text"]
    assert len(gatepost.records(since)) == 1


@requirement("MCP-RUNG-31")
def test_an_unknown_tool_and_a_forbidden_one_are_one_answer(gatepost):
    since = gatepost.mark()
    answer = gatepost.rpc(
        "tools/call", {"name": "demo__hr__headcount", "arguments": {}}, token=gatepost.facts["member_token"]
    )
    assert answer.json()["error"]["code"] == -32602
    assert "Unknown tool" in answer.json()["error"]["message"]
    denied(gatepost, since)


def test_malformed_json_is_a_parse_error(gatepost, admin_token):
    answer = gatepost.rpc(
        "", token=admin_token, json=None, content=b'{"jsonrpc": ', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32700)


def test_a_body_over_the_limit_is_refused(gatepost, admin_token):
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"' + b"x" * (1 << 20) + b'"}}'
    answer = gatepost.rpc("", token=admin_token, json=None, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_an_unknown_revision_is_told_the_known_ones(gatepost, admin_token):
    answer = gatepost.rpc("tools/list", token=admin_token, headers={"MCP-Protocol-Version": "1999-01-01"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, -32022)
    assert error["data"]["supported"] == ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]


@requirement("RS-403-PLAIN", "MCP-RUNG-7")
def test_an_address_that_the_credential_does_not_allow_is_a_plain_403(gatepost):
    value, token_id = gatepost.token()
    gatepost.database.execute(
        "UPDATE accounts_personalaccesstoken SET ip_allowlist = '{203.0.113.0/24}' WHERE token_id = %s", (token_id,)
    )
    since = gatepost.mark()
    answer = gatepost.rpc("tools/call", CALL, token=value)
    assert (answer.status_code, "www-authenticate" in answer.headers) == (403, False)
    denied(gatepost, since)


@requirement("RS-AUDIENCE")
def test_a_token_for_one_url_is_refused_at_another(gatepost):
    client = make_integration(gatepost)["client_id"]
    token = authorize(gatepost, client, resource=gatepost.functions)["access_token"]
    assert gatepost.rpc("tools/call", CALL, token=token).status_code == 200
    since = gatepost.mark()
    answer = gatepost.rpc("tools/list", token=token, url=gatepost.functions.replace("/sales", "/support"))
    assert (answer.status_code, 'error="invalid_token"' in answer.headers["www-authenticate"]) == (401, True)
    denied(gatepost, since)


@requirement("RS-403-PLAIN", "MCP-RUNG-7")
def test_a_token_of_a_disabled_app_is_a_plain_403(gatepost):
    made = make_integration(gatepost)
    token = authorize(gatepost, made["client_id"])["access_token"]
    assert gatepost.rpc("tools/call", CALL, token=token).status_code == 200
    gatepost.api("POST", f"{gatepost.account}/oauth2/custom-app-integrations/{made['integration_id']}/disable", json={})
    since = gatepost.mark()
    answer = gatepost.rpc("tools/call", CALL, token=token)
    assert (answer.status_code, "www-authenticate" in answer.headers) == (403, False)
    denied(gatepost, since)

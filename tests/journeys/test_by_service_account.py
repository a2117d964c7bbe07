"""A program without a person: client credentials, then MCP."""

import httpx2


def test_a_service_account_exchanges_its_secret_for_a_token_and_calls_a_function(gatepost):
    account = gatepost.facts["service_account"]
    since = gatepost.mark()
    answer = httpx2.post(
        f"{gatepost.base}/oidc/v1/token",
        data={"grant_type": "client_credentials", "scope": "all-apis"},
        auth=(account["client_id"], account["client_secret"]),
    )
    token = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    call = {"name": "demo__sales__get_customer", "arguments": {"customer_id": 42}}
    result = gatepost.rpc("tools/call", call, token=token["access_token"]).json()["result"]
    assert result["structuredContent"]["rows"][0][0] == 42
    assert gatepost.records(since, "%") == [("oauth.token", "allowed", ""), ("mcp.tools/call", "allowed", "")]


def test_a_wrong_secret_gets_invalid_client_and_one_record(gatepost):
    since = gatepost.mark()
    answer = httpx2.post(
        f"{gatepost.base}/oidc/v1/token",
        data={"grant_type": "client_credentials", "scope": "all-apis"},
        auth=(gatepost.facts["service_account"]["client_id"], "gp_sas_wrong"),
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert gatepost.records(since, "%") == [("oauth.token", "denied", "wrong_secret")]

"""A person's token, used with the official MCP client."""

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

CUSTOMER = {"customer_id": 42}


@pytest.mark.parametrize(("mode", "revision"), [("legacy", "2025-11-25"), ("auto", "2026-07-28")])
async def test_a_token_lists_and_calls_the_functions_of_a_schema(gatepost, mode, revision):
    since = gatepost.mark()
    headers = {"Authorization": f"Bearer {gatepost.facts['member_token']}"}
    async with (
        httpx2.AsyncClient(headers=headers) as http,
        Client(streamable_http_client(gatepost.functions, http_client=http), mode=mode) as client,
    ):
        assert client.protocol_version == revision
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        result = await client.call_tool("demo__sales__get_customer", CUSTOMER)
    assert len(tools) >= 10
    assert tools["demo__sales__get_customer"].input_schema["required"] == ["customer_id"]
    assert result.structured_content["rows"][0][0] == 42
    records = gatepost.records(since)
    assert [record for record in records if record[0] == "mcp.tools/call"] == [("mcp.tools/call", "allowed", "")]
    assert {outcome for _, outcome, _ in records} == {"allowed"}


def test_a_writing_call_leaves_one_attempt_and_one_outcome(gatepost):
    value = gatepost.writing_token()
    order = {"customer_id": 42, "product_id": 7, "quantity": 2}
    since = gatepost.mark()
    answer = gatepost.rpc("tools/call", {"name": "demo__sales__place_order", "arguments": order}, token=value)
    assert answer.json()["result"]["structuredContent"]["rows"][0][0]
    assert gatepost.records(since) == [("mcp.tools/call", "attempt", ""), ("mcp.tools/call", "allowed", "")]

"""Every tool of /sql on the demo catalog, by the official client in its two modes and by hand in all revisions."""

import httpx2
import orjson
import pytest
from jsonschema import Draft202012Validator

from tests.journeys.test_every_tool import sdk
from tests.mcp_endpoint.asking import REVISIONS
from tests.mcp_endpoint.doors import MODERN, headers_for, message, modern

REVENUE = (
    "SELECT c.country_code, sum(i.line_total) AS revenue FROM sales.orders o"
    " JOIN sales.customers c ON c.id = o.customer_id JOIN sales.order_items i ON i.order_id = o.id"
    " WHERE o.status = 'delivered' GROUP BY 1 HAVING count(*) > $1 ORDER BY 2 DESC LIMIT 3"
)
CALLS = {
    "list_catalogs": {},
    "list_schemas": {},
    "list_tables": {"schema": "sales"},
    "get_table_schema": {"schema": "sales", "table": "orders"},
    "execute_sql_read_only": {"query": REVENUE, "parameters": [1]},
    "execute_sql": {"query": "SELECT count(*) FROM support.tickets"},
    "explain_query": {"query": REVENUE, "parameters": [1]},
    "show_running_queries": {},
}
NEED_A_STATEMENT = {"poll_sql_result", "cancel_sql"}  # tests/mcp_endpoint/sql/test_long.py


def read(name, content):
    assert content["rows"] or name == "show_running_queries", content
    return content


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_calls_every_sql_tool(gatepost, mode):
    async with sdk(gatepost, gatepost.facts["mcp_urls"]["sql"], mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == set(CALLS) | NEED_A_STATEMENT
        for name, arguments in CALLS.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error, (name, result.content)
            Draft202012Validator(tools[name].output_schema).validate(read(name, result.structured_content))


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_sql_tool_is_called_by_hand_in_every_revision(gatepost, revision):
    where, token = gatepost.facts["mcp_urls"]["sql"], gatepost.facts["admin_token"]
    host = gatepost.base.partition("://")[2]
    async with httpx2.AsyncClient(timeout=30) as http:
        for name, arguments in CALLS.items():
            params = {"name": name, "arguments": arguments}
            value = modern("tools/call", params) if revision == MODERN else message("tools/call", params)
            answer = await http.post(where, json=value, headers=headers_for(value, token, revision, Host=host))
            assert answer.status_code == 200, answer.text
            result = answer.json()["result"]
            assert not result.get("isError"), (name, result)
            read(name, orjson.loads(result["content"][0]["text"]))

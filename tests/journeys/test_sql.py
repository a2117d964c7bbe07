"""Every tool of /sql on the demo catalog, by the official client in its two modes and by hand in all revisions."""

import asyncio
import secrets

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
TICKET = {
    "customer_id": 1,
    "topic": "delivery",
    "subject": "Where is it?",
    "body": "Not here.",
    "tags": ["late", "sad"],
}
CALLS = {
    "list_catalogs": {},
    "list_schemas": {},
    "list_tables": {"schema": "sales"},
    "get_table_schema": {"schema": "sales", "table": "orders"},
    "execute_sql_read_only": {"query": REVENUE, "parameters": [1]},
    "execute_sql": {"query": "UPDATE support.tickets SET tags = tags WHERE id = 1 RETURNING id, status"},
    "explain_query": {"query": REVENUE, "parameters": [1]},
    "insert_rows": {"schema": "support", "table": "tickets", "rows": [TICKET], "dry_run": True},
    "create_table": {
        "schema": "drafts",
        "table": "plans",
        "columns": [
            {"name": "id", "type": "integer"},
            {"name": "price", "type": "numeric", "precision": 8, "scale": 2},
        ],
        "primary_key": ["id"],
        "dry_run": True,
    },
    "show_running_queries": {},
}
OF_NO_STATEMENT = {name: {"statement_id": "0" * 32} for name in ("poll_sql_result", "cancel_sql")}


def is_right(name, is_error, text):
    """Rows where rows are due; a statement that is not there is an error of its tool."""
    if name in OF_NO_STATEMENT:
        return is_error and "no such statement" in text
    return not is_error and (name == "show_running_queries" or bool(orjson.loads(text)["rows"]))


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_calls_every_sql_tool(gatepost, mode):
    async with sdk(gatepost, gatepost.facts["mcp_urls"]["sql"], mode, gatepost.writing_token()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        calls = CALLS | OF_NO_STATEMENT
        assert set(tools) == set(calls)
        for name, arguments in calls.items():
            result = await client.call_tool(name, arguments)
            assert is_right(name, result.is_error, result.content[0].text), (name, result.content)
            if not result.is_error:
                Draft202012Validator(tools[name].output_schema).validate(result.structured_content)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_sql_tool_is_called_by_hand_in_every_revision(gatepost, revision):
    where, token = gatepost.facts["mcp_urls"]["sql"], gatepost.writing_token()
    host = gatepost.base.partition("://")[2]
    async with httpx2.AsyncClient(timeout=30) as http:
        for name, arguments in (CALLS | OF_NO_STATEMENT).items():
            params = {"name": name, "arguments": arguments}
            value = modern("tools/call", params) if revision == MODERN else message("tools/call", params)
            answer = await http.post(where, json=value, headers=headers_for(value, token, revision, Host=host))
            assert answer.status_code == 200, answer.text
            result = answer.json()["result"]
            assert is_right(name, result.get("isError", False), result["content"][0]["text"]), (name, result)


async def test_a_table_is_created_and_a_moment_later_written_and_read(gatepost):
    name = f"notes_{secrets.token_hex(4)}"
    table = {"schema": "drafts", "table": name}
    columns = [{"name": "id", "type": "integer"}, {"name": "body", "type": "text", "default": "none"}]
    async with sdk(gatepost, gatepost.facts["mcp_urls"]["sql"], "auto", gatepost.writing_token()) as client:
        made = await client.call_tool("create_table", {**table, "columns": columns, "primary_key": ["id"]})
        assert not made.is_error, made.content
        async with asyncio.timeout(10):
            while (await client.call_tool("get_table_schema", table)).is_error:
                await asyncio.sleep(0.05)
        inserted = await client.call_tool("insert_rows", {**table, "rows": [{"id": 1}]})
        assert inserted.structured_content["rows"] == [[1, "none"]]
        update = {"query": f"UPDATE drafts.{name} SET body = 'b' RETURNING id, body"}
        assert (await client.call_tool("execute_sql", update)).structured_content["rows"] == [[1, "b"]]

"""Every tool and prompt of the demo catalog that only reads, by the official client in its two modes and by hand in all revisions."""

from contextlib import asynccontextmanager

import httpx2
import orjson
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import PromptReference

from tests.mcp_endpoint.asking import REVISIONS
from tests.mcp_endpoint.doors import MODERN, headers_for, message, modern

# What an argument without a default gets, by its name.
GIVEN = {
    **{"customer_id": 42, "order_id": 1, "product_id": 3, "employee_id": 7, "ticket_id": 5},
    **{
        "search": "an",
        "query": "lamp",
        "category": "Lighting",
        "attributes": {"colour": "white"},
        "content": "broken lamp",
    },
    **{"country_code": "DE", "year": 2026, "month": 3, "order_ids": [1, 2], "from_date": "2026-03-01"},
    **{"amount": 10, "to_currency": "USD", "statuses": ["paid"]},
}
URLS = [(kind, schema) for kind in ("functions", "tables") for schema in ("sales", "support", "hr")]


def url(gatepost, kind, schema):
    return gatepost.facts["mcp_urls"][kind].replace("/sales", f"/{schema}")


def required(tool):
    return tool["inputSchema"].get("required", [])


class Calls:
    """How the tools of one URL are called: keys of rows come from a row, the rest from the table above."""

    def __init__(self, tools, call):
        self.tools = {tool["name"]: tool for tool in tools if tool["annotations"]["readOnlyHint"]}
        self._call = call

    async def all(self):
        """Call each tool once. Returns how many answered with rows."""
        answers = {}
        for name, tool in self.tools.items():
            answers[name] = await self._call(name, await self._arguments(name, tool))
        return answers

    async def _arguments(self, name, tool):
        table = tool["_meta"]["gatepost/object"]["name"]
        if name.startswith("query_") and required(tool):
            page = await self._call(f"query_{table}", {"limit": 1})
            return {column: page["rows"][0][page["columns"].index(column)] for column in required(tool)}
        return {argument: GIVEN[argument] for argument in required(tool)}


@asynccontextmanager
async def sdk(gatepost, where, mode, token=None):
    headers = {"Authorization": f"Bearer {token or gatepost.facts['admin_token']}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(where, http_client=http), mode=mode) as client,
    ):
        yield client


@pytest.mark.parametrize(("kind", "schema"), URLS)
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_official_client_calls_every_tool(gatepost, kind, schema, mode):
    async with sdk(gatepost, url(gatepost, kind, schema), mode) as client:
        tools, cursor = [], None
        while True:
            page = await client.list_tools(cursor=cursor)
            tools += [tool.model_dump(mode="json", by_alias=True) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break

        async def call(name, arguments):
            result = await client.call_tool(name, arguments)
            assert not result.is_error, (name, result.content)
            return result.structured_content

        calls = Calls(tools, call)
        answers = await calls.all()
    assert answers.keys() == calls.tools.keys()
    assert any(answer["rows"] for answer in answers.values())


@pytest.mark.parametrize(("kind", "schema"), URLS)
@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_tool_is_called_by_hand_in_every_revision(gatepost, kind, schema, revision):
    where, token = url(gatepost, kind, schema), gatepost.facts["admin_token"]
    host = gatepost.base.partition("://")[2]
    async with httpx2.AsyncClient(timeout=30) as http:

        async def ask(method, params):
            value = modern(method, params) if revision == MODERN else message(method, params)
            answer = await http.post(where, json=value, headers=headers_for(value, token, revision, Host=host))
            assert answer.status_code == 200, answer.text
            return answer.json()["result"]

        async def call(name, arguments):
            result = await ask("tools/call", {"name": name, "arguments": arguments})
            assert not result.get("isError"), (name, result)
            return orjson.loads(result["content"][0]["text"])

        listed = (await ask("tools/list", {}))["tools"]
        named = {tool["name"]: tool for tool in listed}
        if revision == REVISIONS[0]:  # it has no _meta; what a tool stands for is in the name
            for tool in named.values():
                tool["_meta"] = {"gatepost/object": {"name": _table(tool["name"], named)}}
        calls = Calls(listed, call)
        answers = await calls.all()
    assert answers.keys() == calls.tools.keys()


def _table(name, named):
    tables = [other.removeprefix("count_") for other in named if other.startswith("count_")]
    return next((table for table in sorted(tables, key=len, reverse=True) if name.startswith(f"query_{table}")), name)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_curated_server_and_the_few_tools_that_lead_to_all(gatepost, mode):
    where = gatepost.facts["mcp_urls"]["servers"]
    async with sdk(gatepost, where, mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["customer", "open_orders", "tickets"]
        one = await client.call_tool("customer", {"customer_id": 42})
        orders = await client.call_tool("open_orders", {"columns": ["status"], "limit": 5, "include": ["customer_id"]})
        assert (await client.call_tool("tickets", {"limit": 1})).structured_content["next_cursor"]
    assert one.structured_content["rows"][0][0] == 42
    assert {row[0] for row in orders.structured_content["rows"]} <= {"pending", "paid"}
    async with sdk(gatepost, f"{where}?toolset=compact", mode) as client:
        found = await client.call_tool("search_tools", {"query": "orders that wait"})
        name = found.structured_content["rows"][0][0]
        assert not (await client.call_tool("call_tool", {"name": name, "arguments": {"limit": 1}})).is_error
    async with sdk(gatepost, f"{where}?toolset=chatgpt", mode) as client:
        [first, *_] = (await client.call_tool("search", {"query": "customer"})).structured_content["results"]
        assert (await client.call_tool("fetch", {"id": first["id"]})).structured_content["title"] == first["title"]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_prompt_of_the_demo_is_chosen_completed_and_written(gatepost, mode):
    async with sdk(gatepost, url(gatepost, "tables", "support"), mode) as client:
        [prompt] = (await client.list_prompts()).prompts
        assert (prompt.name, [argument.name for argument in prompt.arguments]) == (
            "explore_schema",
            ["schema", "interest"],
        )
        ref = PromptReference(type="ref/prompt", name=prompt.name)
        for argument, begun, whole in (("schema", "su", "support"), ("interest", "cus", "customers")):
            completed = await client.complete(ref, {"name": argument, "value": begun})
            assert completed.completion.values == [whole]
        resource, text = (await client.get_prompt(prompt.name, {"schema": "support"})).messages
    assert "tickets" in orjson.loads(resource.content.resource.text)["tables"]
    assert "the schema support." in text.content.text


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_tickets_are_found_by_words_and_read(gatepost, mode):
    async with sdk(gatepost, url(gatepost, "tables", "support") + "?toolset=chatgpt", mode) as client:
        found = await client.call_tool("search", {"query": "broken or refund"})
        [first, *_] = found.structured_content["results"]
        document = (await client.call_tool("fetch", {"id": first["id"]})).structured_content
    number = document["metadata"]["key"]["id"]
    assert document["url"] == first["url"] == f"https://support.example.com/tickets/{number}"
    assert document["metadata"]["name"] == "tickets"
    assert document["text"].startswith(first["title"])


def has_pgvector(gatepost):
    query = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')"
    return gatepost.database.execute(query).fetchone() == (True,)


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_where_the_server_has_pgvector_tickets_are_found_by_likeness(gatepost, mode):
    where = gatepost.facts["mcp_urls"].get("vector_search")
    assert (where is not None) == has_pgvector(gatepost)
    if where is None:
        return
    async with sdk(gatepost, url(gatepost, "functions", "support"), mode) as client:
        made = await client.call_tool("demo__support__embed", {"content": "The parcel arrived broken"})
    [[vector]] = made.structured_content["rows"]
    async with sdk(gatepost, where, mode) as client:
        [tool] = (await client.list_tools()).tools
        arguments = {
            "query_vector": orjson.loads(vector),
            "columns": ["content"],
            "filters": {"ticket_id": {"lt": 4000}},
        }
        found = await client.call_tool(tool.name, arguments)
    assert not found.is_error, found.content
    scores = [score for _, score in found.structured_content["rows"]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)

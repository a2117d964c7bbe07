"""A web process of its own, spoken to over HTTP, by the official SDK's client and by hand."""

import http.client
import socket
from contextlib import asynccontextmanager
from signal import SIGTERM
from urllib.parse import urlsplit

import httpx2
import orjson
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from tests import live
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import MODERN, headers_for, message, modern, send
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
ADD = {"name": "demo__shop__add", "arguments": {"a": 1, "b": 2}}


@pytest.fixture(scope="module")
def web(world):
    with live.web() as started:
        yield started


@asynccontextmanager
async def sdk(web, token, mode, path=SHOP):
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers) as http_client:
        transport = streamable_http_client(web.base_url + path, http_client=http_client)
        async with Client(transport, mode=mode) as client:
            yield client


@pytest.mark.parametrize("mode", ["auto", "legacy", MODERN])
async def test_the_official_client_lists_and_calls(world, web, mode):
    async with sdk(web, world.tokens["bob"], mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["demo__shop__add"].title == "add(a integer, b integer)"
        result = await client.call_tool("demo__shop__add", {"a": 1, "b": 2})
        assert not result.is_error
        assert result.structured_content == {"is_truncated": False, "columns": ["output"], "rows": [[3]]}
        wrong = await client.call_tool("demo__shop__add", {"a": "one"})
        assert wrong.is_error
        assert "a: expected integer" in wrong.content[0].text
        with pytest.raises(MCPError) as unknown:
            await client.call_tool("nope", {})
        assert unknown.value.error.code == -32602


@requirement("MCP-ONE-URL")
async def test_one_url_serves_both_eras_in_any_order(world, web):
    token = world.tokens["bob"]
    for mode in (MODERN, "legacy", MODERN):
        async with sdk(web, token, mode) as client:
            assert (await client.list_tools()).tools


@pytest.mark.parametrize("revision", [None, "2025-03-26", "2025-06-18", "2025-11-25", MODERN])
@requirement("MCP-ONE-URL", "MCP-VERSION-HEADER")
def test_every_revision_is_served_without_a_session(world, web, recorded, revision):
    value = modern("tools/call", ADD) if revision == MODERN else message("tools/call", ADD)
    status, headers, body = send(web, value, world.tokens["bob"], revision)
    assert status == 200
    assert orjson.loads(body)["result"]["content"][0]["text"].endswith('"rows":[[3]]}')
    assert "mcp-session-id" not in headers
    [record] = recorded()
    assert record.request_id == headers["x-request-id"]
    assert str(record.address) == "127.0.0.1"


def test_a_slash_inside_a_name_stays_inside(world, web, recorded):
    status, _, _ = send(web, message("ping"), world.tokens["bob"], path="/api/2.0/mcp/functions/demo/a%2Fb")
    assert status == 404
    assert recorded()[0].object == "demo.a/b"


@requirement("M3-headers")
def test_m3_blanks_around_header_values_are_legal(world, web):
    value = modern("tools/call", ADD)
    status, _, _ = send(web, value, world.tokens["bob"], MODERN, **{"Mcp-Name": "demo__shop__add \t"})
    assert status == 200


@requirement("MCP-RUNG-11")
def test_m8_a_body_over_the_limit_is_refused_while_it_comes(world, web):
    where = urlsplit(web.base_url)
    head = {"Host": where.netloc, "Content-Type": "application/json", "Authorization": f"Bearer {world.tokens['bob']}"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(("127.0.0.1", where.port), timeout=20) as raw:
        raw.sendall(f"POST {SHOP} HTTP/1.1\r\n{lines}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(17):
            raw.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


def test_a_client_that_hangs_up_leaves_one_record(world, web, recorded):
    value = message("tools/call", {"name": "demo__shop__sleep", "arguments": {"seconds": 25}})
    where = urlsplit(web.base_url)
    connection = http.client.HTTPConnection(where.netloc, timeout=20)
    connection.request("POST", SHOP, orjson.dumps(value), headers_for(value, world.tokens["bob"], Host=where.netloc))
    connection.close()
    until(lambda: recorded(), limit=5.0)
    [record] = recorded()
    assert (record.outcome, record.reason) == ("failed", "cancelled")


def test_pages_are_still_served_beside_mcp(web):
    assert httpx2.get(f"{web.base_url}/healthz").status_code == 200
    assert httpx2.get(f"{web.base_url}/.well-known/oauth-protected-resource{SHOP}").json()["resource"] == (
        f"{web.base_url}{SHOP}"
    )


def test_the_process_ends_cleanly_and_writes_no_secret(world):
    with live.web({"GATEPOST_LOG_LEVEL": "INFO"}) as web:
        send(web, message("tools/call", ADD), world.tokens["bob"])
        send(web, message("tools/call", ADD), world.tokens["expired"])
        output = web.stop()
    assert web.process.returncode in {0, -SIGTERM}  # uvicorn ends, then passes the signal on
    assert "Traceback" not in output
    assert "gp_pat_" not in output

"""An authenticated tools/call, beside the same query without Gatepost."""

import json
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from benchmarks.gatepost import gatepost, scratch
from benchmarks.load import HttpConnection, Result, Worker, measure
from config.embedded.postgres import Cluster

CUSTOMER = 4711
QUERY = "SELECT * FROM sales.get_customer(customer_id => %s::integer)"
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "demo__sales__get_customer", "arguments": {"customer_id": CUSTOMER}},
}

Rounds = dict[str, list[Result]]


async def run(options: Namespace) -> dict[str, Rounds]:
    """Measure the targets in turn, round after round, so that a slow minute of the machine hits them all."""
    rounds: Rounds = {"Gatepost": [], "bare psycopg": []}
    with scratch() as folder, gatepost(folder) as facts:
        dsn = Cluster(folder / "home").superuser_dsn("gatepost_demo")
        async with calls(facts, options.connections) as call, queries(dsn, options.connections) as query:
            await measure(call, 1.0)
            await measure(query, 1.0)
            for _ in range(options.rounds):
                rounds["Gatepost"].append(await measure(call, options.seconds, facts["web_pid"]))
                rounds["bare psycopg"].append(await measure(query, options.seconds))
    return {"tools/call of one row by primary key": rounds}


@asynccontextmanager
async def calls(facts: dict[str, Any], connections: int) -> AsyncIterator[list[Worker]]:
    """Yield one worker for each connection; each call is a tools/call by personal access token."""
    headers = {
        "Authorization": f"Bearer {facts['admin_token']}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-11-25",
    }
    body = json.dumps(CALL).encode()
    opened = [HttpConnection(facts["mcp_urls"]["functions"], headers) for _ in range(connections)]

    def worker(connection: HttpConnection) -> Worker:
        async def once() -> None:
            await connection.post(body)

        return once

    for connection in opened:
        await connection.open()
    answer = json.loads(await opened[0].post(body))
    if answer["result"].get("isError") or not answer["result"]["structuredContent"]["rows"]:
        raise SystemExit(f"The call failed: {answer}")
    yield [worker(connection) for connection in opened]
    for connection in opened:
        connection.close()


@asynccontextmanager
async def queries(dsn: str, connections: int) -> AsyncIterator[list[Worker]]:
    """Yield one worker for each connection; each runs the bare query with psycopg and fetches the row."""
    opened = [await psycopg.AsyncConnection.connect(dsn, autocommit=True) for _ in range(connections)]

    def worker(connection: psycopg.AsyncConnection[Any]) -> Worker:
        async def once() -> None:
            cursor = await connection.execute(QUERY, (CUSTOMER,), prepare=True)
            if not await cursor.fetchall():
                raise SystemExit("The bare query found no row.")

        return once

    yield [worker(connection) for connection in opened]
    for connection in opened:
        await connection.close()

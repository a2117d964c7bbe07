"""What is measured: an authenticated tools/call, and the same query without Gatepost."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import HttpConnection

ROOT = Path(__file__).resolve().parent.parent
CUSTOMER = 4711
QUERY = "SELECT * FROM sales.get_customer(customer_id => %s::integer)"
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "demo__sales__get_customer", "arguments": {"customer_id": CUSTOMER}},
}


@contextmanager
def gatepost(home: Path, port: int) -> Iterator[dict[str, Any]]:
    """Run `manage.py up` in a home of its own and yield its ready file. Rate limits are raised, nothing else changes."""
    ready = home / "ready.json"
    arguments = ["up", "--home", str(home / "home"), "--port", str(port), "--ready-file", str(ready)]
    environment = os.environ | {"GATEPOST_REQUESTS_PER_MINUTE": "100000000"}
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield _wait(process, ready, home / "up.log")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    while not ready.exists():
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        raise SystemExit(f"Gatepost did not start:\n{log.read_text()}")
    return dict(json.loads(ready.read_text()))


@asynccontextmanager
async def calls(facts: dict[str, Any], connections: int) -> AsyncIterator[list[Any]]:
    """Yield one worker for each connection; each call is a tools/call by personal access token."""
    headers = {
        "Authorization": f"Bearer {facts['admin_token']}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-11-25",
    }
    opened = [
        HttpConnection(facts["mcp_urls"]["functions"], headers, json.dumps(CALL).encode()) for _ in range(connections)
    ]
    for connection in opened:
        await connection.open()
    answer = json.loads(await opened[0].answer())
    if answer["result"].get("isError") or not answer["result"]["structuredContent"]["rows"]:
        raise SystemExit(f"The call failed: {answer}")
    yield [connection.once for connection in opened]
    for connection in opened:
        connection.close()


@asynccontextmanager
async def queries(dsn: str, connections: int) -> AsyncIterator[list[Any]]:
    """Yield one worker for each connection; each runs the bare query with psycopg and fetches the row."""
    opened = [await psycopg.AsyncConnection.connect(dsn, autocommit=True) for _ in range(connections)]

    def worker(connection: psycopg.AsyncConnection[Any]) -> Any:
        async def once() -> None:
            cursor = await connection.execute(QUERY, (CUSTOMER,), prepare=True)
            if not await cursor.fetchall():
                raise SystemExit("The bare query found no row.")

        return once

    yield [worker(connection) for connection in opened]
    for connection in opened:
        await connection.close()


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a private folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="gatepost-benchmark-") as folder:
        yield Path(folder)

"""tools/list over 10,000 functions and over 2,000 tables, the first page and all pages, from a warm process."""

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gatepost import gatepost, scratch
from benchmarks.large_catalog import FUNCTIONS, TABLES, WIDE, prepare
from benchmarks.load import HttpConnection, Result, Worker, measure
from benchmarks.peers import toolbox

END = 1_000  # bytes of an answer in which its cursor stands
Rounds = dict[str, list[Result]]


@dataclass(frozen=True)
class Target:
    """A server and the URL on which it lists tools."""

    name: str
    url: str
    pid: int
    headers: dict[str, str]
    all_pages: bool


async def run(options: Namespace) -> dict[str, Rounds]:
    """Measure the targets in turn, each on one connection."""
    with scratch() as folder, ExitStack() as stack:
        facts = stack.enter_context(gatepost(folder))
        dsn = prepare(facts, folder, WIDE, "many_functions", "many_tables")
        targets = [*_ours(facts), *stack.enter_context(_theirs(dsn, folder))]
        rounds: Rounds = {target.name: [] for target in targets}
        for number in range(options.rounds + 1):  # the first warms everything up
            for target in targets[:: -1 if number % 2 else 1]:
                result = await _listing(target, options.seconds)
                if number:
                    rounds[target.name].append(result)
    return {f"tools/list of {FUNCTIONS:,} functions or {TABLES:,} tables, one connection": rounds}


def _ours(facts: dict[str, Any]) -> Iterator[Target]:
    headers = {"Authorization": f"Bearer {facts['admin_token']}", "MCP-Protocol-Version": "2025-11-25"}
    for pages in ("all pages", "first page"):  # the first is what Toolbox is compared with
        for what in ("functions", "tables"):
            url = f"{facts['base_url']}/api/2.0/mcp/{what}/demo/many_{what}"
            yield Target(f"Gatepost, {what}, {pages}", url, facts["web_pid"], headers, pages == "all pages")


@contextmanager
def _theirs(dsn: str, folder: Path) -> Iterator[list[Target]]:
    """Toolbox has no pages."""
    parameters = [
        {"name": "id", "type": "integer", "description": "id"},
        {"name": "name", "type": "string", "description": "name", "required": False},
    ]
    tools = {
        f"f_{number:05}": {
            "description": f"Calls the function f_{number:05}(id integer, name text).",
            "statement": f"SELECT many_functions.f_{number:05}($1, $2)",
            "parameters": parameters,
        }
        for number in range(1, FUNCTIONS + 1)
    }
    with toolbox.running(dsn, tools, folder) as server:
        name = f"MCP Toolbox {toolbox.VERSION}, {FUNCTIONS:,} tools, all"
        yield [Target(name, *server, {}, all_pages=True)] if server else []


async def _listing(target: Target, seconds: float) -> Result:
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **target.headers}
    connection = HttpConnection(target.url, headers)
    await connection.open()
    try:
        return await measure([_worker(target, connection)], seconds, target.pid)
    finally:
        connection.close()


def _worker(target: Target, connection: HttpConnection) -> Worker:
    async def once() -> None:
        cursor: str | None = ""
        while cursor is not None:
            params = {"cursor": cursor} if cursor else {}
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}
            answer = await connection.post(json.dumps(message).encode())
            _, found, end = answer[-END:].rpartition(b'"nextCursor":"')
            cursor = end.partition(b'"')[0].decode() if found and target.all_pages else None

    return once

"""100,000 rows through one call: time until the last byte, and the memory that the server took for it."""

import asyncio
import json
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.gatepost import gatepost, scratch
from benchmarks.large_catalog import LARGE, ROWS, prepare
from benchmarks.load import Result, forget_peak, memory_mb, processor_seconds
from benchmarks.peers import toolbox

QUERY = "SELECT * FROM large.orders"
WORD, PIECE = b"Customer ", 1 << 20
ACCEPT = "application/json, text/event-stream"
Rounds = dict[str, list[Result]]


@dataclass(frozen=True)
class Target:
    """A server, and the call that makes it send all rows."""

    name: str
    url: str
    pid: int
    call: dict[str, Any]
    headers: dict[str, str]
    copies: int  # of the rows in an answer: as text, and as structured content


async def run(options: Namespace) -> dict[str, Rounds]:
    """Measure the targets in turn, one call at a time."""
    with scratch() as folder, ExitStack() as stack:
        facts = stack.enter_context(gatepost(folder))
        dsn = prepare(facts, folder, LARGE, "large")
        targets = [*_ours(facts), *stack.enter_context(_theirs(dsn, folder))]
        idle = {target.pid: _idle_mb(target) for target in targets}
        rounds: Rounds = {target.name: [] for target in targets}
        for number in range(options.rounds + 1):  # the first warms everything up
            for target in targets[:: -1 if number % 2 else 1]:
                result = await asyncio.to_thread(once, target, idle[target.pid])
                if number:
                    rounds[target.name].append(result)
    return {f"tools/call that returns {ROWS:,} rows, one at a time": rounds}


def _ours(facts: dict[str, Any]) -> Iterator[Target]:
    headers = {"Authorization": f"Bearer {facts['admin_token']}", "MCP-Protocol-Version": "2025-11-25"}
    base, pid = facts["base_url"] + "/api/2.0/mcp", facts["web_pid"]
    tools = {
        "Gatepost, a function": ("/functions/demo/large", "demo__large__all_orders", {}),
        "Gatepost, a table": ("/tables/demo/large", "query_orders", {"limit": ROWS}),
        "Gatepost, SQL": ("/sql/demo", "execute_sql_read_only", {"query": QUERY}),
    }
    for name, (path, tool, arguments) in tools.items():
        yield Target(name, base + path, pid, _call(tool, arguments), headers, copies=2)


@contextmanager
def _theirs(dsn: str, folder: Path) -> Iterator[list[Target]]:
    tools = {"all_orders": {"description": "All orders.", "statement": QUERY}}
    with toolbox.running(dsn, tools, folder) as server:
        call = _call("all_orders", {})
        yield [Target(f"MCP Toolbox {toolbox.VERSION}, no audit", *server, call, {}, copies=1)] if server else []


def _call(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def once(target: Target, idle_mb: float) -> Result:
    """Call once. The answer is read in pieces and counted, not kept."""
    forget_peak(target.pid)
    used, begin = processor_seconds(target.pid), time.perf_counter()
    rows, tail = 0, b""
    for piece in _pieces(target, target.call):
        rows += (tail + piece).count(WORD)
        tail = piece[1 - len(WORD) :]  # a word may lie across two pieces
    seconds = time.perf_counter() - begin
    if rows != target.copies * ROWS:
        raise SystemExit(f"{target.name} sent {rows / target.copies:,.0f} rows")
    cpu_ms = 1000 * (processor_seconds(target.pid) - used)
    return Result(1, seconds, 1000 * seconds, 1000 * seconds, cpu_ms, memory_mb(target.pid, "VmHWM") - idle_mb)


def _pieces(target: Target, message: dict[str, Any]) -> Iterator[bytes]:
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        target.url,
        data=json.dumps(message).encode(),
        headers={"Content-Type": "application/json", "Accept": ACCEPT, **target.headers},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - as above
        while piece := answer.read(PIECE):
            yield piece


def _idle_mb(target: Target) -> float:
    """Return the memory of a server that has answered something, but nothing large."""
    for _ in _pieces(target, {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}):
        pass
    return memory_mb(target.pid, "VmRSS")

"""The calls about statements: one Grant, one guard and one record each, as for the tools of /sql. mcp.md 4.5."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from audit import event_loop
from catalog import aside, kept_statements
from catalog.errors import CallFailed
from catalog.execution import Result
from catalog.long_statements import Patience
from connections.grant import Grant
from mcp_endpoint import invoking, running
from mcp_endpoint.authorize import authorize
from mcp_endpoint.decision import Decision
from mcp_endpoint.dialogue import Dialogue
from mcp_endpoint.exchange import Refusal, Request
from mcp_endpoint.revisions.ladder import Call
from mcp_endpoint.server import Server
from mcp_endpoint.sql_statements import body, caller, wire
from mcp_endpoint.tools.sql import long, statements
from mcp_endpoint.tools.tool import Invocation, Limits, NeedsScope

PATH: Final = "/api/2.0/sql/statements"
MOST_BYTES: Final = 4 * 1024 * 1024  # of rows: they are rewritten in memory for the answer, and kept
_POLL_SECONDS: Final = 5.0  # that a look at a running statement waits for its end
_NOT_FOUND: Final = "There is no such statement, or its result is older than 15 minutes."


@dataclass(frozen=True, slots=True)
class _Work:
    """What a call does: the work of a tool of /sql, under its name and with its arguments on record."""

    catalog: str
    tool: str
    arguments: dict[str, Any]
    run: Callable[[Invocation], Awaitable[Result]]
    patience: Patience
    limits: Limits = field(default_factory=Limits)


async def execute(request: Request) -> wire.Document:
    """Run a statement: it ends well, fails, is refused, or goes on in the background."""
    async with _decision(request) as (decision, grant):
        asked, id_ = await body.asked(request), secrets.token_hex(16)
        wanted = asked.wanted
        work = _Work(
            wanted.catalog,
            "execute_sql",
            {"query": wanted.text, "parameters": list(wanted.parameters)},
            partial(statements.run, wanted, writes=True),
            Patience(asked.seconds, asked.cancels, id_),
            Limits(rows=asked.row_limit, bytes=min(asked.byte_limit or MOST_BYTES, MOST_BYTES)),
        )
        try:
            return await _shown(id_, await _do(work, decision, grant))
        except CallFailed as error:
            decision.fail(error)
            return wire.failed(id_, error)
        except NeedsScope as needs:  # a client that may never hold it is told in the answer, as by the tool
            if grant.client is None or needs.scope in grant.client.scopes:
                raise caller.without(needs.scope) from None
            decision.decide("denied", "insufficient_scope")
            return wire.failed(
                id_, CallFailed("INSUFFICIENT_SCOPE", f"{needs.why} This client may not hold that scope.")
            )


async def get(request: Request, id_: str, seconds: float = _POLL_SECONDS) -> wire.Document:
    """Return how a statement of the caller's ended, or that it runs."""
    async with _decision(request) as (decision, grant):
        try:
            return await _shown(id_, await _do(await _poll(id_, grant, seconds), decision, grant))
        except CallFailed as error:
            decision.fail(error)
            if error.code == "NOT_FOUND":
                raise Refusal(404, error.message) from None
            return wire.failed(id_, error)


async def chunk(request: Request, id_: str, index: str) -> wire.Document:
    """Return the rows of a statement that ended well. There is one chunk, number 0."""
    found = await get(request, id_, 0)
    if index != "0":
        raise Refusal(404, "There is one chunk, number 0.")
    if "result" not in found:
        raise Refusal(400, f"The statement has no rows: its state is {found['status']['state']}.")
    rows: wire.Document = found["result"]
    return rows


async def cancel(request: Request, id_: str) -> wire.Document:
    """End a statement of the caller's. `get` then says how it ended."""
    async with _decision(request) as (decision, grant):
        catalog, arguments = await _catalog_of(id_, grant), {"statement_id": id_}
        run = partial(long.cancel, catalog, arguments)
        try:
            await _do(_Work(catalog, "cancel_sql", arguments, run, Patience(0)), decision, grant)
        except CallFailed as error:
            decision.fail(error)
            raise Refusal(404 if error.code == "NOT_FOUND" else 400, error.message) from None
        return {}


@asynccontextmanager
async def _decision(request: Request) -> AsyncIterator[tuple[Decision, Grant]]:
    async with Decision(request, Server("sql", (), PATH, PATH)) as decision:
        grant = decision.grant = await caller.authenticate(request)
        caller.check_scope(grant)
        yield decision, grant


async def _do(work: _Work, decision: Decision, grant: Grant) -> Result:
    """Authorize and do it as the call of the tool that it is."""
    request = decision.request
    server = decision.server = Server("sql", (work.catalog,), PATH, PATH)
    params = {"name": work.tool, "arguments": work.arguments}
    call = decision.call = Call(request.id, "tools/call", params, revision="")  # none: this is not MCP
    task = await authorize(call, request, server, grant)
    decision.tool = task.tool
    again = partial(caller.judge, task, request)
    nobody = Dialogue(task.channel, {}, {}, None)  # can be asked to confirm a write
    invocation = invoking.invocation(task, decision, nobody, work.limits, again)
    done = invoking.within_budget((work.catalog,), work.run, replace(invocation, patience=work.patience))
    found = await running.guard(done, again, running.key(server, grant, call.id))
    decision.decide("allowed", row_count=len(found.rows))
    return found


async def _shown(id_: str, found: Result) -> wire.Document:
    return await aside.made(partial(wire.statement, id_, found), len(found.rows))


async def _poll(id_: str, grant: Grant, seconds: float) -> _Work:
    catalog, arguments = await _catalog_of(id_, grant), {"statement_id": id_}
    run = partial(long.poll, catalog, arguments)
    return _Work(catalog, "poll_sql_result", arguments, run, Patience(seconds))


async def _catalog_of(id_: str, grant: Grant) -> str:
    """Return the catalog of a statement. Handles work for the same principal and client only."""
    client = grant.client.id if grant.client else ""
    catalog = await event_loop.on_owner(kept_statements.catalog_of(id_, grant.principal.id, client))
    if catalog is None:
        raise Refusal(404, _NOT_FOUND, reason="unknown_statement")
    return catalog

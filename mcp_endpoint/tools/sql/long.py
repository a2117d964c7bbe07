"""poll_sql_result, cancel_sql, show_running_queries: statements that outlive their call (mcp.md 4.5)."""

import secrets
from collections.abc import Awaitable, Coroutine, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django.conf import settings
from mcp_types.jsonrpc import INVALID_PARAMS

from audit import event_loop
from catalog import free_sql, long_statements, snapshot
from catalog.errors import CallFailed, NotVisible
from catalog.execution import Result
from catalog.free_sql import Statement
from catalog.kept_statements import Listed, Owner
from catalog.long_statements import Ended, Patience, Running
from catalog.snapshot import Header
from connections.grant import Grant
from mcp_endpoint import running
from mcp_endpoint.exchange import Refusal
from mcp_endpoint.tools.sql.where import catalog_of, input_schema, unknown
from mcp_endpoint.tools.tool import Invocation, Tool, output_schema

STATE: Final[Mapping[str, Mapping[str, Any]]] = {
    "statement_id": {"type": "string", "description": "Ask poll_sql_result for the result with it."},
    "state": {"type": "string", "enum": ["RUNNING", "SUCCEEDED"]},
}
_ID: Final = {"statement_id": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "As it was returned."}}
_QUERY_LENGTH: Final = 2_000  # characters


def tools(catalog: str | None, result: Mapping[str, Mapping[str, Any]]) -> list[Tool]:
    """Return the tools. `result` are the further keys of a statement's answer."""
    return [
        Tool(
            name="poll_sql_result",
            title="Get the result of a long statement",
            description="Returns the result of a statement that went on in the background, for 15 minutes; or its id "
            "again while it runs. It never runs the statement again.",
            input_schema=input_schema(catalog, _ID, list(_ID)),
            output_schema=output_schema(**{**result, **STATE}),
            run=partial(poll, catalog),
        ),
        Tool(
            name="cancel_sql",
            title="Cancel a long statement",
            description="Ends a statement of yours that runs in the background. poll_sql_result then says how it ended.",
            input_schema=input_schema(catalog, _ID, list(_ID)),
            output_schema=output_schema(**STATE),
            may_write=True,
            run=partial(cancel, catalog),
        ),
        Tool(
            name="show_running_queries",
            title="Show running statements",
            description="Returns the statements of yours that run now through this server; account admins see all.",
            input_schema=input_schema(catalog, {}, needs_catalog=False),
            run=partial(_show, catalog),
        ),
    ]


async def follow(statement: Statement, work: Coroutine[Any, Any, Result], invocation: Invocation) -> Result:
    """Await the work; what takes too long goes on in the background, and ends when its caller loses the right to it."""
    grant, header = invocation.grant, statement.header
    patience = _patience(invocation)
    id_ = patience.keep_as or secrets.token_hex(16)
    kept = Running(_owner(grant, header), header.name, statement.text, statement.checked.writes, id_)
    guarded = _guarded(work, partial(_still_allowed, statement, invocation), kept)
    return await event_loop.on_owner(long_statements.follow(guarded, kept, patience, lambda: _recorder(invocation)))


def _patience(invocation: Invocation) -> Patience:
    return invocation.patience or Patience(settings.GATEPOST_SQL_WAIT_SECONDS)


async def _guarded(work: Awaitable[Result], judge: Any, kept: Running) -> Result:
    try:
        return await running.guard(work, judge, ("statement", kept.id))
    except Refusal as refusal:
        raise CallFailed(refusal.reason or "refused", f"The statement was ended: {refusal.text}") from None


async def _still_allowed(statement: Statement, invocation: Invocation) -> None:
    """Ask again everything that was asked before: the token, the tool, and the guard with the privileges of now."""
    await invocation.judge()
    try:
        await free_sql.check_again(statement)
    except (CallFailed, NotVisible):
        text = "You may no longer do this."
        raise Refusal(200, text, INVALID_PARAMS, reason="privilege_revoked") from None


def _recorder(invocation: Invocation) -> Ended:
    record = invocation.outlive()

    async def ended(answer: Result | CallFailed) -> None:
        if isinstance(answer, CallFailed):
            await record("failed", answer.code, None, answer.detail)
        else:
            await record("allowed", "finished", len(answer.rows), "")

    return ended


def _owner(grant: Grant, header: Header) -> Owner:
    principal = grant.principal
    return Owner(principal.id, principal.name, grant.client.id if grant.client else "", header.id)


async def _mine(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Owner:
    meant = catalog_of(catalog, arguments, invocation)
    try:
        return _owner(invocation.grant, await event_loop.on_owner(snapshot.header(meant)))
    except NotVisible:
        raise unknown(meant) from None


async def poll(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    """Return the result of a statement of the caller's, or its handle again."""
    owner, seconds = await _mine(catalog, arguments, invocation), _patience(invocation).seconds
    return await event_loop.on_owner(long_statements.poll(arguments["statement_id"], owner, seconds))


async def cancel(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    """End a statement of the caller's, and return its handle."""
    owner, id_ = await _mine(catalog, arguments, invocation), arguments["statement_id"]
    await event_loop.on_owner(long_statements.cancel(id_, owner))
    return long_statements.pending(id_)


async def _show(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    grant, only = invocation.grant, catalog or arguments.get("catalog")
    found = [
        each
        for each in await event_loop.on_owner(long_statements.listed())
        if (grant.principal.is_account_admin or each.principal_id == grant.principal.id)
        and grant.narrowing.allows_catalog(each.catalog)
        and only in {None, each.catalog}
    ]
    columns = ("statement_id", "catalog", "principal", "started_at", "seconds", "writes", "query")
    types = ("text", "text", "text", "timestamptz", "float8", "bool", "text")
    return Result(columns, [_row(each, grant) for each in found], is_truncated=False, column_types=types)


def _row(listed: Listed, grant: Grant) -> list[Any]:
    """Other people's SQL is for auditors only."""
    may_read = listed.principal_id == grant.principal.id or grant.principal.is_auditor
    started = listed.started_at.isoformat(timespec="milliseconds")
    seconds = round((datetime.now(UTC) - listed.started_at).total_seconds(), 3)
    query = listed.query[:_QUERY_LENGTH] if may_read else None
    return [listed.id, listed.catalog, listed.principal_name, started, seconds, listed.writes, query]

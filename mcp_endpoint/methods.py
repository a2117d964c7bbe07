"""MCP: the methods that are served. Rungs 35 and 36 for tools/call."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import orjson
from django.core import signing
from mcp_types.jsonrpc import INVALID_PARAMS

from catalog.errors import CallFailed, NotVisible
from mcp_endpoint.authorize import Task, insufficient_scope
from mcp_endpoint.decision import Decision
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.results import Result
from mcp_endpoint.tools.tool import Invocation, Limits, NeedsScope, Rows

Method = Callable[[Task, Decision], Awaitable[Result]]


async def execute(task: Task, decision: Decision) -> Result:
    """Do what the call asks for."""
    return await _METHODS[task.call.method](task, decision)


async def _initialize(task: Task, decision: Decision) -> Result:
    decision.decide("allowed")
    return results.initialized(task.call, task.kind.instructions(task.server))


async def _discover(task: Task, decision: Decision) -> Result:
    decision.decide("allowed")
    return results.discovered(task.call, task.kind.instructions(task.server))


async def _ping(task: Task, decision: Decision) -> Result:
    decision.decide("allowed")
    return results.empty(task.call)


async def _list_tools(task: Task, decision: Decision) -> Result:
    """The cursor is the last name of the page before, signed for this URL and principal."""
    salt = f"mcp.tools/list:{task.server.path}:{task.grant.principal.id}"
    cursor = task.call.params.get("cursor")
    try:
        after = "" if cursor is None else signing.Signer(salt=salt).unsign(cursor)
    except signing.BadSignature:
        decision.decide("failed", "invalid_cursor")
        raise task.call.refused(INVALID_PARAMS, "cursor: begin again without one, this one is not valid.") from None
    tools, last = task.tools.page(after)
    first = results.is_first(task.call)
    decision.decide("allowed", row_count=len(tools))
    following = None if last is None else signing.Signer(salt=salt).sign(last)
    return results.tool_list(task.call, [tool.wire_first if first else tool.wire for tool in tools], following)


async def _call_tool(task: Task, decision: Decision) -> Result:
    call, tool = task.call, task.tool
    assert tool is not None  # noqa: S101 - authorize gave one to every tools/call
    limits = _limits(task, decision)
    arguments = call.params.get("arguments") or {}
    fault = tool.arguments.fault(arguments)
    if fault is not None:  # 35
        decision.decide("failed", "invalid_arguments")
        if results.reports_bad_arguments_as_result(call):
            return results.tool_error(call, fault)
        raise call.refused(INVALID_PARAMS, fault)
    if tool.writes:
        await decision.attempt()
    try:
        rows = await tool.run(arguments, Invocation(task.grant, limits, decision.attempt))
    except CallFailed as error:  # 36
        decision.decide("denied" if error.is_refusal else "failed", error.code)
        decision.error_detail = error.detail
        return results.tool_error(call, error.message)
    except NeedsScope as needs:  # 29, found out late
        return _without_scope(task, decision, needs)
    except NotVisible:  # the privilege was taken away since the tool was found
        raise call.refused(INVALID_PARAMS, f"Unknown tool: {tool.name}", "unknown_tool") from None
    decision.decide("allowed", row_count=len(rows.rows))
    return results.tool_result(call, _content(rows), rows.column_types)


def _without_scope(task: Task, decision: Decision, needs: NeedsScope) -> Result:
    """Ask for the scope where a step-up can help, else tell the model."""
    client = task.grant.client
    if client is None or needs.scope in client.scopes:
        raise insufficient_scope(decision.request, task.server, [task.kind.read_scope, needs.scope], needs.why)
    decision.decide("denied", "insufficient_scope")
    return results.tool_error(task.call, f"{needs.why} This client may not hold that scope.")


def _content(rows: Rows) -> bytes:
    return orjson.dumps({"is_truncated": rows.is_truncated, "columns": rows.columns, "rows": rows.rows, **rows.extra})


def _limits(task: Task, decision: Decision) -> Limits:
    """Read what the developer presets. Unknown keys of _meta are not ours to judge."""
    meta = task.call.params.get("_meta") or {}
    for name in ("row_limit", "statement_timeout_ms"):
        value = meta.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            decision.decide("failed", "invalid_options")
            raise task.call.refused(INVALID_PARAMS, f"_meta.{name}: expected a whole number of at least 1.")
    return Limits(meta.get("row_limit"), meta.get("statement_timeout_ms"))


_METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "initialize": _initialize,
        "server/discover": _discover,
        "ping": _ping,
        "tools/list": _list_tools,
        "tools/call": _call_tool,
    }
)

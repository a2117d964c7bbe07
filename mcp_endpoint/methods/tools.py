"""MCP server/tools. Rungs 33 to 36."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from mcp.shared.inbound import validate_mcp_param_headers
from mcp_types.jsonrpc import INVALID_PARAMS

from audit.event import Outcome
from catalog.encoded_rows import EncodedRows
from catalog.errors import CallFailed, InvalidCursor, NotVisible
from mcp_endpoint import invoking
from mcp_endpoint.authorize import Task, insufficient_scope
from mcp_endpoint.decision import Decision
from mcp_endpoint.dialogue import NeedsCapability, NeedsInput
from mcp_endpoint.judging import judge
from mcp_endpoint.methods import cursors, rounds
from mcp_endpoint.rendering import LongObject
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.results import Result
from mcp_endpoint.tools.arguments import Schema
from mcp_endpoint.tools.tool import Content, Invocation, Limits, NeedsScope, Rows, Tool


async def list_page(task: Task, decision: Decision) -> Result:
    """Answer tools/list."""
    tools, last = task.tools.page(cursors.opened(task, decision))
    first = results.is_first(task.call)
    decision.decide("allowed", row_count=len(tools))
    entries = [tool.wire_first if first else tool.wire for tool in tools]
    return results.listed(task.call, "tools", entries, cursors.sealed(task, last))


async def call(task: Task, decision: Decision) -> Result:
    """Answer tools/call."""
    call, tool, arguments = task.call, task.tool, task.arguments
    assert tool is not None  # noqa: S101 - authorize gave one to every tools/call
    limits = _limits(task, decision)
    _check_headers(task, decision, arguments)  # 33
    dialogue = rounds.dialogue(task, decision)
    fault = tool.arguments.fault(arguments)
    if fault is not None:  # 35
        decision.decide("failed", "invalid_arguments")
        if results.reports_bad_arguments_as_result(call):
            return results.tool_error(call, fault)
        raise call.refused(INVALID_PARAMS, fault)
    try:
        again = partial(judge, task, decision.request)
        return await _run(task, decision, arguments, invoking.invocation(task, decision, dialogue, limits, again))
    except CallFailed as error:  # 36
        decision.fail(error)
        return results.tool_error(call, error.message, error.code)
    except InvalidCursor as error:
        decision.decide("failed", "invalid_cursor")
        raise call.refused(INVALID_PARAMS, f"cursor: begin again without one, {error}.") from None
    except NeedsScope as needs:  # 29, found out late
        return _without_scope(task, decision, needs)
    except (NeedsInput, NeedsCapability) as needs:  # 34
        return rounds.ask_back(task, decision, needs)
    except NotVisible:  # the privilege was taken away since the tool was found
        raise call.refused(INVALID_PARAMS, f"Unknown tool: {tool.name}", "unknown_tool") from None


async def _run(task: Task, decision: Decision, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    call, tool = task.call, task.tool
    assert tool is not None  # noqa: S101 - as above
    found = await invoking.within_budget(_catalogs_of(tool, arguments), partial(tool.run, arguments), invocation)
    if isinstance(found, Content):
        outcome: tuple[Outcome, str] = ("failed", "tool_error") if found.is_error else ("allowed", "")
        decision.decide(*outcome, found.row_count)
        return results.tool_content(call, found.blocks, is_error=found.is_error, structured=found.structured)
    decision.decide("allowed", row_count=len(found.rows))
    return results.tool_result(call, _content(found), found.column_types)


def _catalogs_of(tool: Tool, arguments: Mapping[str, Any]) -> Sequence[str]:
    """Return the catalogs whose budgets count: of the object, of the tool or the URL, or the one that the call names."""
    if tool.object:
        return (tool.object["catalog"],)
    return tool.catalogs or (str(arguments.get("catalog", "")),)


def _without_scope(task: Task, decision: Decision, needs: NeedsScope) -> Result:
    """Ask for the scope where a step-up can help, else tell the model."""
    client, tool = task.grant.client, task.tool
    assert tool is not None  # noqa: S101 - as above
    if client is None or needs.scope in client.scopes:
        raise insufficient_scope(
            decision.request, task.server, [*tool.scopes(task.kind.read_scopes), needs.scope], needs.why
        )
    decision.decide("denied", "insufficient_scope")
    return results.tool_error(task.call, f"{needs.why} This client may not hold that scope.")


def _content(found: Rows) -> bytes | LongObject:
    head = {"is_truncated": found.is_truncated, "columns": found.columns}
    if not isinstance(found.rows, EncodedRows):
        return orjson.dumps({**head, "rows": found.rows, **found.extra})
    content = LongObject(head, found.rows, found.extra)
    return content if found.rows.is_long else b"".join(content.parts())


def _check_headers(task: Task, decision: Decision, arguments: Mapping[str, Any]) -> None:
    """Refuse headers that say something else than the arguments: whoever routed by them was misled."""
    tool = task.tool
    if tool is None or not task.call.is_modern or not tool.announces_headers:
        return
    wrong = validate_mcp_param_headers(tool.input_schema, arguments, decision.request.headers)
    if wrong is not None:
        raise task.call.refused(wrong.code, wrong.message)


def _limits(task: Task, decision: Decision) -> Limits:
    """Read what the developer presets. Unknown keys of _meta are not ours to judge."""
    meta = task.call.params.get("_meta") or {}
    for name in ("row_limit", "statement_timeout_ms"):
        value = meta.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            decision.decide("failed", "invalid_options")
            raise task.call.refused(INVALID_PARAMS, f"_meta.{name}: expected a whole number of at least 1.")
    presets = _presets(task, decision, meta)
    return Limits(meta.get("row_limit"), meta.get("statement_timeout_ms"), presets=presets)


def _presets(task: Task, decision: Decision, meta: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the arguments that the tool lets a developer preset; an object may come as JSON text."""
    tool = task.tool
    assert tool is not None  # noqa: S101 - as above
    presets = {name: _decoded(meta[name]) for name in tool.presets if name in meta}
    if presets:
        fault = Schema({**tool.input_schema, "required": []}).fault(presets)
        if fault is not None:
            decision.decide("failed", "invalid_options")
            raise task.call.refused(INVALID_PARAMS, f"_meta: {fault}")
    return presets


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value

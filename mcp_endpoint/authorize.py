"""Rungs 28 to 32: what the Grant may do with this call. Everything that is not named here is denied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from mcp_types.jsonrpc import INVALID_PARAMS

from accounts.scopes import Scope, covers
from catalog.errors import NotVisible
from connections.grant import Grant
from mcp_endpoint import challenge, entrance, toolsets
from mcp_endpoint.channel import Channel
from mcp_endpoint.exchange import Refusal, Request
from mcp_endpoint.kind import Kind
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.limits import Budgets
from mcp_endpoint.revisions.ladder import Call
from mcp_endpoint.server import Server
from mcp_endpoint.tools.tool import Meant, Tool, Toolset

RATE_LIMITED: Final = 429
TOOL_NOT_ALLOWED: Final = -32003  # in the legacy range; Databricks-style clients know it (mcp.md 4.9)

principals = Budgets()  # calls, by principal and client


@dataclass(frozen=True, slots=True)
class Task:
    """A call that may be done. `tool` and its `arguments` are there for tools/call only."""

    call: Call
    server: Server
    kind: Kind
    grant: Grant
    tools: Toolset
    tool: Tool | None
    arguments: Mapping[str, Any]
    channel: Channel


async def authorize(call: Call, request: Request, server: Server, grant: Grant, *, is_new: bool = True) -> Task:
    """Return the task, or refuse it. A call that is judged again while it runs does not count as another one."""
    kind = KINDS[server.kind]
    try:
        tools = await toolsets.of(server, grant)
    except NotVisible:  # 28: one answer for what does not exist and for what the principal may not see
        raise Refusal(404, f"There is no {server.label} for you here.", INVALID_PARAMS, reason="not_visible") from None
    name, tool, arguments = _meant(call, tools)
    _check_scopes(kind, tool, request, server, grant)  # 29
    if is_new:
        _check_budget(grant)  # 30
    if tool is None and call.method == "tools/call":  # 31
        raise call.refused(INVALID_PARAMS, _unknown(name, tools), "unknown_tool")
    if tool is not None and tool.is_hidden:  # 32
        raise call.refused(TOOL_NOT_ALLOWED, "Tool not allowed by MCP service configuration.", "tool_not_allowed")
    return Task(call, server, kind, grant, tools, tool, arguments, Channel(call))


def _meant(call: Call, tools: Toolset) -> Meant:
    if call.method != "tools/call":
        return Meant("", None, {})
    return tools.meant(call.params["name"], call.params.get("arguments") or {})


def _check_scopes(kind: Kind, tool: Tool | None, request: Request, server: Server, grant: Grant) -> None:
    """The scope table of mcp.md 3.1: the read scope of the tool, mcp.write in addition for writers.

    What is no call of a tool needs one of the kind's scopes: a curated server has tools of several.
    """
    needed = kind.read_scopes if tool is None else tool.scopes(kind.read_scopes)
    missing = [scope for scope in needed if not covers(grant.scopes, scope)]
    if missing and (tool is not None or len(missing) == len(needed)):
        why = f"The token does not cover {' and '.join(missing)}."
        raise insufficient_scope(request, server, needed, why)


def insufficient_scope(request: Request, server: Server, needed: Sequence[Scope], why: str) -> Refusal:
    """Return the refusal that asks for all scopes which the call needs."""
    header = challenge.insufficient_scope(entrance.base_url(request), server, needed, why)
    return Refusal(403, why, error="insufficient_scope", reason="insufficient_scope", headers=(header,))


def _check_budget(grant: Grant) -> None:
    key = (grant.principal.id, grant.client.id if grant.client else "")
    per_minute = settings.GATEPOST_REQUESTS_PER_MINUTE
    wait = principals.wait(key, per_minute)
    if wait > 0:
        header = entrance.retry_after(wait)
        raise Refusal(429, "Too many calls. Wait a moment.", RATE_LIMITED, reason="rate_limited", headers=(header,))
    principals.spend(key, per_minute)


def _unknown(name: str, tools: Toolset) -> str:
    candidates = tools.overloads(name)
    return f"Unknown tool: {name[:200]}" + (f". Did you mean {', '.join(candidates)}?" if candidates else "")

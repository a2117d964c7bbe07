"""MCP server/utilities/pagination: cursors that only this server can have made."""

from django.core import signing
from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision


def opened(task: Task, decision: Decision) -> str:
    """Return the name that the cursor of the call stands for, empty for the first page."""
    cursor = task.call.params.get("cursor")
    try:
        return "" if cursor is None else _signer(task).unsign(cursor)
    except signing.BadSignature:
        decision.decide("failed", "invalid_cursor")
        raise task.call.refused(INVALID_PARAMS, "cursor: begin again without one, this one is not valid.") from None


def sealed(task: Task, last: str | None) -> str | None:
    """Return the cursor that goes on behind a name. It is good for this method, URL and principal."""
    return None if last is None else _signer(task).sign(last)


def _signer(task: Task) -> signing.Signer:
    return signing.Signer(salt=f"mcp.{task.call.method}:{task.server.path}:{task.grant.principal.id}")

"""MCP server/resources."""

from typing import Final

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.exchange import Refusal
from mcp_endpoint.methods import cursors
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.ladder import Call
from mcp_endpoint.revisions.results import Result

NOT_FOUND: Final = -32002  # of the legacy revisions


async def list_page(task: Task, decision: Decision) -> Result:
    """Answer resources/list."""
    after = cursors.opened(task, decision)
    resources, last = await (await task.kind.resources(task.server, task.grant)).page(after)
    decision.decide("allowed", row_count=len(resources))
    return results.listed(task.call, "resources", [each.wire() for each in resources], cursors.sealed(task, last))


async def list_templates(task: Task, decision: Decision) -> Result:
    """Answer resources/templates/list: few, so always one page."""
    cursors.opened(task, decision)
    templates = (await task.kind.resources(task.server, task.grant)).templates
    decision.decide("allowed", row_count=len(templates))
    return results.listed(task.call, "resourceTemplates", [each.wire() for each in templates])


async def read(task: Task, decision: Decision) -> Result:
    """Answer resources/read. What is missing and what is forbidden are answered alike."""
    call, uri = task.call, task.call.params["uri"]
    contents = await (await task.kind.resources(task.server, task.grant)).read(uri)
    if contents is None:
        raise not_found(call, uri)
    decision.decide("allowed", row_count=len(contents))
    return results.contents(call, contents)


def not_found(call: Call, uri: str) -> Refusal:
    """Return the one refusal for what is missing and for what is not for this principal."""
    code = INVALID_PARAMS if call.is_modern else NOT_FOUND
    return call.refused(code, "Resource not found", "unknown_resource", {"uri": uri})

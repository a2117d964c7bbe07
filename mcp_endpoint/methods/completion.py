"""MCP server/utilities/completion: values for the gaps of prompts and resource templates."""

from collections.abc import Sequence

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.results import Result


async def complete(task: Task, decision: Decision) -> Result:
    """Answer completion/complete."""
    values = await _values(task)
    if values is None:
        decision.decide("failed", "unknown_reference")
        raise task.call.refused(
            INVALID_PARAMS, "ref: there is no such prompt or resource template, or no such argument."
        )
    decision.decide("allowed", row_count=len(values))
    return results.completion(task.call, values)


async def _values(task: Task) -> Sequence[str] | None:
    params = task.call.params
    ref, argument = params["ref"], params["argument"]
    if ref["type"] == "ref/prompt":  # texts of people: nothing is known of what fits
        prompt = (await task.kind.prompts(task.server, task.grant)).find(ref["name"])
        is_known = prompt is not None and any(each.name == argument["name"] for each in prompt.arguments)
        return () if is_known else None
    resources = await task.kind.resources(task.server, task.grant)
    if all(template.uri != ref["uri"] for template in resources.templates):
        return None
    given = (params.get("context") or {}).get("arguments") or {}
    return await resources.complete(ref["uri"], argument["name"], argument["value"], given)

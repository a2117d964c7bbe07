"""MCP server/prompts."""

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.dialogue import NeedsCapability, NeedsInput
from mcp_endpoint.methods import cursors, resources, rounds
from mcp_endpoint.prompts.prompt import NoSuchResource
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.results import Result


async def list_page(task: Task, decision: Decision) -> Result:
    """Answer prompts/list."""
    after = cursors.opened(task, decision)
    prompts, last = (await task.kind.prompts(task.server, task.grant)).page(after)
    decision.decide("allowed", row_count=len(prompts))
    return results.listed(task.call, "prompts", [each.wire() for each in prompts], cursors.sealed(task, last))


async def get(task: Task, decision: Decision) -> Result:
    """Answer prompts/get."""
    call = task.call
    prompt = (await task.kind.prompts(task.server, task.grant)).find(call.params["name"])
    if prompt is None:
        raise call.refused(INVALID_PARAMS, f"Unknown prompt: {call.params['name'][:200]}", "unknown_prompt")
    arguments = call.params.get("arguments") or {}
    fault = prompt.fault(arguments)
    if fault is not None:
        decision.decide("failed", "invalid_arguments")
        raise call.refused(INVALID_PARAMS, fault)
    try:
        messages = await prompt.write(arguments, rounds.dialogue(task, decision))
    except (NeedsInput, NeedsCapability) as needs:
        return rounds.ask_back(task, decision, needs)
    except NoSuchResource as missing:
        raise resources.not_found(call, missing.uri) from None
    decision.decide("allowed", row_count=len(messages))
    return results.messages(call, prompt.description, messages)

"""MCP server/utilities/completion: values for the gaps of prompts and resource templates."""

from collections.abc import Mapping, Sequence

from mcp_types.jsonrpc import INVALID_PARAMS

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.prompts.prompt import Prompt
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
    ref, name, prefix = params["ref"], params["argument"]["name"], params["argument"]["value"]
    given = (params.get("context") or {}).get("arguments") or {}
    if ref["type"] == "ref/prompt":
        prompt = (await task.kind.prompts(task.server, task.grant)).find(ref["name"])
        return None if prompt is None else await _of_prompt(task, prompt, name, prefix, given)
    resources = await task.kind.resources(task.server, task.grant)
    if all(template.uri != ref["uri"] for template in resources.templates):
        return None
    return await resources.complete(ref["uri"], name, prefix, given)


async def _of_prompt(
    task: Task, prompt: Prompt, name: str, prefix: str, given: Mapping[str, str]
) -> Sequence[str] | None:
    """Complete an argument by the admin's list, or as the variable of the resource templates that it stands for."""
    argument = prompt.argument(name)
    if argument is None:
        return None
    if not argument.complete:
        return [value for value in argument.values if value.startswith(prefix)]
    others = {each.complete: given[each.name] for each in prompt.arguments if each.complete and each.name in given}
    resources = await task.kind.resources(task.server, task.grant)
    for template in resources.templates:
        if "{" + argument.complete + "}" in template.uri:
            return await resources.complete(template.uri, argument.complete, prefix, others)
    return ()

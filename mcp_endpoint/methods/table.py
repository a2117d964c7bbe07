"""MCP: the methods that are served."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.methods import completion, opening, prompts, resources, tools
from mcp_endpoint.revisions.results import Result

Method = Callable[[Task, Decision], Awaitable[Result]]

_METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "initialize": opening.initialize,
        "server/discover": opening.discover,
        "ping": opening.ping,
        "tools/list": tools.list_page,
        "tools/call": tools.call,
        "resources/list": resources.list_page,
        "resources/templates/list": resources.list_templates,
        "resources/read": resources.read,
        "prompts/list": prompts.list_page,
        "prompts/get": prompts.get,
        "completion/complete": completion.complete,
    }
)


async def execute(task: Task, decision: Decision) -> Result:
    """Do what the call asks for."""
    method = task.call.method
    return await (task.kind.methods.get(method) or _METHODS[method])(task, decision)

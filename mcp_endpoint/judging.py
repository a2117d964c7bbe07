"""Whether a call that runs would be refused now: rungs 6 to 31 once more."""

from mcp_endpoint import bearer
from mcp_endpoint.authorize import Task, authorize
from mcp_endpoint.exchange import Request


async def judge(task: Task, request: Request) -> None:
    """Raise the Refusal that the call would get now."""
    grant = await bearer.authenticate(request, task.server)
    await authorize(task.call, request, task.server, grant, is_new=False)

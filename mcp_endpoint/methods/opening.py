"""MCP basic/lifecycle and server/discover: what a client asks before everything else."""

from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.results import Result


async def initialize(task: Task, decision: Decision) -> Result:
    """Shake hands with a legacy client."""
    decision.decide("allowed")
    return results.initialized(task.call, task.kind.capabilities, _instructions(task))


async def discover(task: Task, decision: Decision) -> Result:
    """Tell a modern client what is here."""
    decision.decide("allowed")
    return results.discovered(task.call, task.kind.capabilities, _instructions(task))


def _instructions(task: Task) -> str:
    return task.tools.instructions or task.kind.instructions(task.server)


async def ping(task: Task, decision: Decision) -> Result:
    """Answer."""
    decision.decide("allowed")
    return results.empty(task.call)

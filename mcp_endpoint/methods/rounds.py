"""MCP 2026-07-28, basic/utilities/mrtr: a call that needs an answer of the client is made again, with the answer."""

from mcp_types.jsonrpc import INVALID_PARAMS, MISSING_REQUIRED_CLIENT_CAPABILITY

from mcp_endpoint import request_state
from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.dialogue import Dialogue, NeedsCapability, NeedsInput, declared
from mcp_endpoint.revisions import results
from mcp_endpoint.revisions.results import Result


def dialogue(task: Task, decision: Decision) -> Dialogue:
    """Return this round of the call. Refuses a state that was not made for exactly this call."""
    call = task.call
    if not call.is_modern:
        return Dialogue(task.channel, {}, {}, None)
    sealed, answers = call.params.get("requestState"), call.params.get("inputResponses") or {}
    try:
        state = None if sealed is None else request_state.unseal(sealed, call, task.grant)
    except request_state.Invalid as invalid:
        decision.error_detail = str(invalid)
        text = "requestState: it was not made for this call, or is too old. Begin again without it."
        raise call.refused(INVALID_PARAMS, text, "invalid_request_state") from None
    return Dialogue(task.channel, declared(call), answers, state)


def ask_back(task: Task, decision: Decision, needs: NeedsInput | NeedsCapability) -> Result:
    """Answer that the client has to be asked, or refuse one that cannot be asked (34)."""
    call = task.call
    if isinstance(needs, NeedsCapability):
        text = f"This needs a client with: {', '.join(needs.capabilities)}."
        data = {"requiredCapabilities": needs.capabilities}
        raise call.refused(MISSING_REQUIRED_CLIENT_CAPABILITY, text, "missing_capability", data)
    decision.decide("denied", "input_required")
    state = None if needs.state is None else request_state.seal(needs.state, call, task.grant)
    return results.input_required(needs.requests, state)

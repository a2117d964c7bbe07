"""A person confirms a writing call: MCP 2026-07-28 (basic/utilities/mrtr) with elicitation, where a catalog wants it.

The approval is for this very call: its sealed state is bound to tool, exact arguments, principal and client
(request_state), to the catalog as it was then, and it can be used once.
"""

import secrets
from typing import Any, Final

import orjson

from audit import control_database, event_loop
from catalog import snapshot
from catalog.errors import Refused
from mcp_endpoint import request_state
from mcp_endpoint.authorize import Task
from mcp_endpoint.dialogue import Dialogue, NeedsInput
from mcp_endpoint.text import clean

KEY: Final = "confirm"
_SHOWN: Final = 2_000  # characters of the arguments
_FORM: Final = {
    "type": "object",
    "properties": {"allow": {"type": "boolean", "title": "Allow this change", "default": False}},
    "required": ["allow"],
}
# One that was used is remembered until its state has expired.
_USE: Final = """
WITH expired AS (DELETE FROM mcp_endpoint_usedapproval WHERE expires_at < now())
INSERT INTO mcp_endpoint_usedapproval (id, expires_at) VALUES (%s, now() + make_interval(secs => %s))
ON CONFLICT DO NOTHING RETURNING id
"""


async def confirm(task: Task, dialogue: Dialogue, catalog: str) -> bool:
    """Tell whether a person confirmed the call; False where nobody has to. Raises when it may not go on."""
    header = await snapshot.header(catalog)
    if header.confirm_writes == "never":
        return False
    if not _can_ask(dialogue):
        if header.confirm_writes == "always":
            raise Refused("CONFIRMATION_NEEDED", "A person must confirm changes here, and your client cannot ask one.")
        return False
    facts = {"catalog": catalog, "version": header.version}
    if dialogue.state is None or KEY not in dialogue.answers:
        raise NeedsInput({KEY: _question(task, catalog)}, {"approval": secrets.token_urlsafe(), **facts})
    if {**dialogue.state, **facts} != dialogue.state:
        raise Refused(
            "APPROVAL_STALE", "The catalog changed since this was approved. Call again, without requestState."
        )
    if not _is_allowed(dialogue.answers[KEY]):
        raise Refused("NOT_CONFIRMED", "The person did not allow this change. Do not try again unless they ask for it.")
    if not await event_loop.on_owner(_use(dialogue.state["approval"])):
        raise Refused("APPROVAL_USED", "This approval was used. Call again, without requestState.")
    return True


def _can_ask(dialogue: Dialogue) -> bool:
    """An empty elicitation capability means forms (client/elicitation, Capabilities)."""
    elicitation = dialogue.capabilities.get("elicitation")
    return isinstance(elicitation, dict) and (not elicitation or "form" in elicitation)


def _question(task: Task, catalog: str) -> dict[str, Any]:
    tool = task.tool.title if task.tool else ""
    arguments = clean(orjson.dumps(task.call.params.get("arguments") or {}).decode(), _SHOWN)
    message = f"Allow a change in the database {catalog}?\n\n{clean(tool)}\n{arguments}"
    return {"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": _FORM}}


def _is_allowed(answer: Any) -> bool:
    """Only a yes is a yes."""
    if not isinstance(answer, dict) or answer.get("action") != "accept":
        return False
    content = answer.get("content")
    return isinstance(content, dict) and content.get("allow") is True


async def _use(approval: str) -> bool:
    """Use it up, for all processes. False: it was used before."""
    async with (await control_database.pool()).connection() as connection:
        cursor = await connection.execute(_USE, (approval, request_state.SECONDS))
        return await cursor.fetchone() is not None

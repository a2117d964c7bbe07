"""MCP 2025-11-25, client features: requests of the server to a legacy client, answered in a POST of its own.

Gatepost's tools never ask in this way; the conformance fixtures do. Where nothing asks, nothing waits, and every
response is refused (rung 25).
"""

import asyncio
import secrets
from typing import Any, Final

from connections.grant import Grant
from mcp_endpoint import jsonrpc
from mcp_endpoint.channel import Channel
from mcp_endpoint.jsonrpc import Reply

SECONDS: Final = 60.0  # that a client may take

_waiting: dict[str, tuple[int, asyncio.Future[dict[str, Any]]]] = {}  # by id: who may answer


async def ask(channel: Channel, grant: Grant, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Send a request on the stream of a call and return the result. The same principal must answer, to this process."""
    identity = secrets.token_urlsafe()
    answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    _waiting[identity] = (grant.principal.id, answer)
    try:
        channel.send({"jsonrpc": "2.0", "id": identity, "method": method, "params": params})
        async with asyncio.timeout(SECONDS):
            return await answer
    finally:
        del _waiting[identity]


def deliver(reply: Reply, grant: Grant) -> None:
    """Hand a response to whoever waits for it (25)."""
    principal, answer = _waiting.get(str(reply.id), (None, None))
    if answer is None or answer.done() or principal != grant.principal.id:
        raise jsonrpc.invalid("Nothing waits for a response.", reply.id)
    answer.set_result(reply.result)

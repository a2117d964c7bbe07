"""A call that runs ends when it would be refused now: its token was revoked, its person disabled, its tool taken away.

Every call is judged again at each change notice (accounts.freshness). Cancelling it cancels its statement.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from accounts import freshness
from connections.grant import Grant
from mcp_endpoint.exchange import Refusal
from mcp_endpoint.server import Server

logger = logging.getLogger(__name__)
T = TypeVar("T")

REQUEST_CANCELLED: Final = -32800  # the specification names no code; the official SDK sends this one
_UNAVAILABLE: Final = 503


Key = tuple[object, ...]


@dataclass(eq=False, slots=True)
class _Call:
    task: asyncio.Task[Any]
    judge: Callable[[], Awaitable[object]]  # raises the Refusal
    key: Key
    refusal: Refusal | None = None

    def end(self, refusal: Refusal) -> None:
        """Cancel it; the refusal is what its client reads."""
        self.refusal = refusal
        self.task.cancel()


class _Reviewer:
    """Judges what runs, once for all notices that came meanwhile. Lives on the owning loop, as the calls do."""

    calls: Final[set[_Call]] = set()
    task: asyncio.Task[None] | None = None
    is_due = False


def key(server: Server, grant: Grant, identity: object) -> Key:
    """Return how a client names its call: ids are its own, and other clients and principals use the same ones."""
    client = grant.client.id if grant.client else grant.credential_id
    return (server.path, grant.principal.id, client, grant.session_id, identity)


def cancel(key: Key) -> None:
    """End the call of that key (legacy basic/utilities/cancellation). Where several have it, none is meant."""
    calls = [call for call in _Reviewer.calls if call.key == key]
    if len(calls) == 1:
        text = "The client cancelled this call."
        calls[0].end(Refusal(200, text, REQUEST_CANCELLED, outcome="failed", reason="cancelled"))


async def guard(work: Awaitable[T], judge: Callable[[], Awaitable[object]], key: Key) -> T:
    """Await the work; raise the refusal of the judge as soon as there is one."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs is run by a task
    call = _Call(task, judge, key)
    _Reviewer.calls.add(call)
    try:
        return await work
    except asyncio.CancelledError:
        if call.refusal is None:
            raise
        task.uncancel()
        raise call.refusal from None
    finally:
        _Reviewer.calls.discard(call)


def _changed() -> None:
    _Reviewer.is_due = bool(_Reviewer.calls)
    if _Reviewer.is_due and (_Reviewer.task is None or _Reviewer.task.done()):
        _Reviewer.task = asyncio.get_running_loop().create_task(_review(), name="running-calls")


async def _review() -> None:
    while _Reviewer.is_due:
        _Reviewer.is_due = False
        for call in tuple(_Reviewer.calls):
            refusal = await _judged(call)
            if refusal is not None and call in _Reviewer.calls:
                call.end(refusal)


async def _judged(call: _Call) -> Refusal | None:
    try:
        await call.judge()
    except Refusal as refusal:
        # A call may end after its token does, and a database that is away says nothing about the right to call.
        return None if refusal.reason == "expired" or refusal.status == _UNAVAILABLE else refusal
    except Exception:  # one call that cannot be judged must not keep the others from it
        logger.exception("a running call could not be judged again")
    return None


freshness.on_change(_changed)

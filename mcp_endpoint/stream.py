"""MCP basic/transports: an answer that becomes an event stream at the first message that comes before it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from mcp_endpoint import rendering
from mcp_endpoint.channel import Channel, Message
from mcp_endpoint.exchange import NO_STORE, Refusal, Response

HEADERS = (("content-type", "text/event-stream"), NO_STORE, ("x-accel-buffering", "no"))


async def follow(
    work: Coroutine[Any, Any, Message], channel: Channel, render: Callable[[Message], Response]
) -> Response:
    """Do the work. Until it sends its first message, a refusal still has an HTTP status of its own."""
    channel.open()
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(channel.end)
    try:
        first = await channel.next()
    except asyncio.CancelledError:
        await _stop(task)
        raise
    return render(await task) if first is None else Response(200, HEADERS, stream=Events(first, task, channel))


class Events:
    """The events of one answer. Who stops reading says so with `aclose`, and that ends the work."""

    def __init__(self, first: bytes, task: "asyncio.Task[Message]", channel: Channel) -> None:
        self._first = first
        self._task = task
        self._channel = channel

    async def __aiter__(self) -> AsyncIterator[bytes]:
        following: bytes | None = self._first
        while following is not None:
            yield following
            following = await self._channel.next()
        answer = rendering.encode(await self._answer(), *rendering.EVENT)
        if isinstance(answer, bytes):
            yield answer
        else:
            async with aclosing(answer):
                async for part in answer:
                    yield part

    async def aclose(self) -> None:
        """End the work, if it still runs: a closed stream is a cancelled call (MCP 2026-07-28, basic/transports)."""
        await _stop(self._task)

    async def _answer(self) -> Message:
        try:
            return await self._task
        except Refusal as refusal:
            return refusal.message()


async def _stop(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)  # how it ended is on record; nobody is left to be told

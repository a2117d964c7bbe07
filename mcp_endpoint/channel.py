"""MCP basic/transports: messages to the client before the answer, on the stream of its own request."""

import asyncio
import time
from typing import Any, Final

import orjson
from mcp_types import LOG_LEVEL_META_KEY

from mcp_endpoint.rendering import EVENT
from mcp_endpoint.revisions.ladder import Call

PULSE: Final = 1.0  # seconds between notes that a call still runs, for clients that gave a progress token
HEARTBEAT: Final = 15.0  # seconds between comments that keep proxies from closing a silent stream
LEVELS: Final = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
_COMMENT: Final = b": still here\n\n"

Message = dict[str, Any]


class Channel:
    """What is sent while it is closed is dropped: most calls are answered in one piece."""

    def __init__(self, call: Call) -> None:
        self._meta = call.params.get("_meta") or {}
        self._is_modern = call.is_modern
        self._messages: asyncio.Queue[Message | None] | None = None
        self._opened = 0.0
        self._tells = False  # the tool reports its progress itself

    @property
    def token(self) -> str | int | None:
        """Return what the client wants to recognise progress by."""
        token: str | int | None = self._meta.get("progressToken")
        return token

    @property
    def is_open(self) -> bool:
        """Tell whether messages arrive."""
        return self._messages is not None

    def open(self) -> None:
        """Begin to keep messages for `next`."""
        self._messages, self._opened = asyncio.Queue(), time.monotonic()

    def end(self, *_: object) -> None:
        """Say that nothing more will come."""
        if self._messages is not None:
            self._messages.put_nowait(None)

    def send(self, message: Message) -> None:
        """Send one JSON-RPC message."""
        if self._messages is not None:
            self._messages.put_nowait(message)

    def progress(self, done: float, total: float | None = None) -> None:
        """Tell how far the call is, if the client asked for that (basic/utilities/progress)."""
        self._tells = True
        if self.token is not None:
            self.send(_progress(self.token, {"progress": done, "total": total}))

    def log(self, level: str, data: Any) -> None:
        """Send a log message. Modern clients say with each request from which level on they want them."""
        wanted = self._meta.get(LOG_LEVEL_META_KEY) if self._is_modern else LEVELS[0]
        if wanted in LEVELS and LEVELS.index(level) >= LEVELS.index(wanted):
            self.send(_notification("notifications/message", {"level": level, "data": data}))

    async def next(self) -> bytes | None:
        """Return the next server-sent event; a sign of life when nothing came for a while; None after the last."""
        assert self._messages is not None  # noqa: S101 - only the stream calls this, and it opens the channel
        try:
            async with asyncio.timeout(HEARTBEAT if self.token is None else PULSE):
                message = await self._messages.get()
        except TimeoutError:
            return self._sign_of_life()
        return None if message is None else event(message)

    def _sign_of_life(self) -> bytes:
        if self.token is None or self._tells:
            return _COMMENT
        seconds = round(time.monotonic() - self._opened, 3)
        return event(_progress(self.token, {"progress": seconds, "message": f"Running for {seconds:.0f} s"}))


def event(message: Message) -> bytes:
    """Return a message as a server-sent event."""
    before, after = EVENT
    return before + orjson.dumps(message) + after


def _progress(token: str | int, how_far: dict[str, Any]) -> Message:
    params = {"progressToken": token, **{key: value for key, value in how_far.items() if value is not None}}
    return _notification("notifications/progress", params)


def _notification(method: str, params: dict[str, Any]) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": params}

"""ASGI 3.0: the fast door of MCP, and of SQL statements, which wait as long. Mounted by config.asgi before Django, whose handler alone costs half a millisecond."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import aclosing
from typing import Any, Final

from django.conf import settings

from accounts import freshness
from accounts.addresses import address_from
from audit import control_database, event_loop
from mcp_endpoint import metadata
from mcp_endpoint.challenge import METADATA
from mcp_endpoint.exchange import Incomplete, Request, Response, Stream, TooLarge, fold
from mcp_endpoint.paths import PREFIX, encoded
from mcp_endpoint.pipeline import serve
from mcp_endpoint.sql_statements import door
from mcp_endpoint.sql_statements.calls import PATH as STATEMENTS

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS: Final = 30.0
PATIENCE: Final = 0.05  # seconds before a call is long enough to look whether its client is still there

_BEHIND: Final = {PREFIX: serve, METADATA: metadata.serve, STATEMENTS: door.serve}


def serves(path: str) -> bool:
    """Tell whether this door answers the path."""
    return path.startswith(tuple(_BEHIND))


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer MCP, its metadata and SQL statements; begin and end what belongs to the process's event loop."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await _Exchange(scope, receive, send).run()


async def _live(receive: Receive, send: Send) -> None:
    """Lend the loop of the server to the pools, warm them, and close them at the end."""
    await receive()
    event_loop.adopt(asyncio.get_running_loop())
    await control_database.pool()
    freshness.is_fresh()  # begins to listen, so that the first calls find what they may remember
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await event_loop.aclose()
    await send({"type": "lifespan.shutdown.complete"})


class _Exchange:
    """One request on its way through this door."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._task = asyncio.current_task()
        self._is_gone = False
        self._timer: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def run(self) -> None:
        request = self._request()
        try:
            behind = next(found for prefix, found in _BEHIND.items() if request.path.startswith(prefix))
            await self._answer(request, await behind(request))
        except asyncio.CancelledError:
            if not self._is_gone:
                raise
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._watcher is not None:
                self._watcher.cancel()

    def _request(self) -> Request:
        scope = self._scope
        lines = tuple(
            (name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")) for name, value in scope["headers"]
        )
        headers = fold(lines)
        peer = scope["client"][0] if scope.get("client") else ""
        return Request(
            id=str(uuid.uuid4()),
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1") if scope.get("raw_path") else encoded(scope["path"]),
            query=scope["query_string"].decode("latin-1"),
            lines=lines,
            headers=headers,
            address=address_from(peer, headers.get("x-forwarded-for", "")),
            port=scope["server"][1] if scope.get("server") else None,
            read=self._read,
        )

    async def _read(self) -> bytes:
        """Count while reading: what is too long is never held."""
        limit = settings.GATEPOST_MAX_BODY_BYTES
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while await self._read_some(body):
                    if len(body) > limit:
                        raise TooLarge
        except TimeoutError:
            raise Incomplete from None
        if len(body) > limit:
            raise TooLarge
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._watch)
        return bytes(body)

    async def _read_some(self, body: bytearray) -> bool:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Incomplete
        body += message.get("body", b"")
        return bool(message.get("more_body", False))

    def _watch(self) -> None:
        self._watcher = asyncio.get_running_loop().create_task(self._cancel_when_gone())

    async def _cancel_when_gone(self) -> None:
        """A client that goes away cancels its statement (MCP 2026-07-28, basic/transports)."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        if self._task is not None:
            self._task.cancel()

    async def _answer(self, request: Request, response: Response) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        headers.append((b"x-request-id", request.id.encode()))
        if response.stream is not None:
            return await self._stream(response.status, headers, response.stream)
        if response.status != 204:
            headers.append((b"content-length", b"%d" % len(response.body)))
        await self._send({"type": "http.response.start", "status": response.status, "headers": headers})
        body = b"" if request.method == "HEAD" else response.body
        return await self._send({"type": "http.response.body", "body": body})

    async def _stream(self, status: int, headers: list[tuple[bytes, bytes]], stream: Stream) -> None:
        async with aclosing(stream):
            await self._send({"type": "http.response.start", "status": status, "headers": headers})
            async for part in stream:
                await self._send({"type": "http.response.body", "body": part, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

"""WSGI inside ASGI (PEP 3333) for requests and answers that are small: one way to a thread and back.

a2wsgi passes each part of a body and of an answer between loop and thread by itself, which costs more than many views.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from a2wsgi.wsgi import build_environ

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

MAX_BODY: Final = 1_048_576  # bytes
BODY_SECONDS: Final = 30.0


class OneHop:
    """Run the application in threads. Of a body that is too long the rest is not held: the view knows its length."""

    def __init__(self, application: Application, workers: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="endpoint")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        body = await _body(receive)
        if body is None:
            return  # the client went away
        environ: Any = build_environ(scope, io.BytesIO(body))  # type: ignore[arg-type]
        start, content = await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, environ)
        await send(start)
        await send({"type": "http.response.body", "body": content})

    def _answer(self, environ: dict[str, Any]) -> tuple[Message, bytes]:
        start: Message = {"type": "http.response.start"}

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            start["status"] = int(status[:3])
            start["headers"] = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

        parts = self._application(environ, start_response)
        try:
            return start, b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()


async def _body(receive: Receive) -> bytes | None:
    body, is_more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while is_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                if len(body) <= MAX_BODY:
                    body += message.get("body", b"")
                is_more = message.get("more_body", False)
    except TimeoutError:
        return None
    return bytes(body)

"""A proxy for the MCP conformance suite, which cannot send a bearer token: it adds one, and changes nothing else.

It copies bytes, so that blanks, repeated headers and streams arrive as they were sent. Host and Origin are only mapped
where they name the proxy itself; foreign ones pass, because a scenario sends them to see them refused.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 65_536  # bytes


@contextmanager
def proxy(base_url: str, token: str) -> Iterator[str]:
    """Run a proxy before the server at `base_url` in a thread; yield its own base URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="conformance-proxy", daemon=True)
    thread.start()
    server = _Proxy(base_url, token)
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Proxy:
    def __init__(self, base_url: str, token: str) -> None:
        upstream = urlsplit(base_url)
        self._upstream = upstream.netloc
        self._where = (upstream.hostname or "", upstream.port or 80)
        self._token = token
        self._own = ""
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._own = f"localhost:{self._server.sockets[0].getsockname()[1]}"
        return f"http://{self._own}"

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._exchange(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request and its answer. Whichever side closes first closes the other one too."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            answers, upstream = await asyncio.open_connection(*self._where)
            upstream.write(self._rewritten(head))
            copies = [asyncio.ensure_future(each) for each in (_copy(reader, upstream), _copy(answers, writer))]
            try:
                await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in copies:
                    each.cancel()
                upstream.close()
        writer.close()

    def _rewritten(self, head: bytes) -> bytes:
        first, *lines = head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
        kept = [self._mapped(line) for line in lines if not line.lower().startswith("connection:")]
        added = [f"Authorization: Bearer {self._token}", "Connection: close"]
        return "\r\n".join([first, *kept, *added, "", ""]).encode("latin-1")

    def _mapped(self, line: str) -> str:
        name, _, value = line.partition(":")
        own = {"host": self._own, "origin": f"http://{self._own}"}.get(name.lower())
        return line if own is None or value.strip() != own else line.replace(self._own, self._upstream)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(_CHUNK):
        writer.write(part)
        await writer.drain()

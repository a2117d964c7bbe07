"""A load generator: keep-alive connections that each send the next request when the last answer is complete."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Result:
    """One round. Latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


async def measure(workers: list[Callable[[], Awaitable[None]]], seconds: float) -> Result:
    """Call each worker again and again, all side by side, for the given time."""
    latencies: list[float] = []
    begin = time.perf_counter()
    end = begin + seconds

    async def loop(once: Callable[[], Awaitable[None]]) -> None:
        now = time.perf_counter()
        while now < end:
            await once()
            done = time.perf_counter()
            latencies.append(done - now)
            now = done

    await asyncio.gather(*(loop(once) for once in workers))
    elapsed = time.perf_counter() - begin
    cuts = quantiles(latencies, n=100)
    return Result(len(latencies), elapsed, 1000 * median(latencies), 1000 * cuts[98])


class HttpConnection:
    """One keep-alive HTTP/1.1 connection that repeats one request and demands the same status each time."""

    def __init__(self, url: str, headers: dict[str, str], body: bytes) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "localhost", parts.port or 80
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def open(self) -> None:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def once(self) -> None:
        """Send the request, read the whole answer."""
        await self.answer()

    async def answer(self) -> bytes:
        """Send the request and return the body; anything but a 200 ends the benchmark."""
        self.writer.write(self.request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = await self.reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"The server answered {head.splitlines()[0]!r}: {body[:300]!r}")
        return body

    def close(self) -> None:
        """Disconnect."""
        self.writer.close()

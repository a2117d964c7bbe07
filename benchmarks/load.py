"""A load generator: keep-alive connections that each send the next request when the last answer is complete."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

Worker = Callable[[], Awaitable[None]]


class Exhausted(Exception):
    """A worker has nothing left to send: the round ends early."""


@dataclass(frozen=True)
class Result:
    """One round. Latencies in milliseconds; `cpu_ms` is the server's processor time for a request, its database apart.

    `extra_mb` is what its memory grew by at the most, where that was measured.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    cpu_ms: float
    extra_mb: float = math.nan

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


async def measure(workers: Sequence[Worker], seconds: float, pid: int | None = None) -> Result:
    """Call each worker again and again, all side by side, for the given time, and watch the server's process."""
    latencies: list[float] = []
    used = processor_seconds(pid)
    begin = time.perf_counter()
    end = begin + seconds

    async def loop(once: Worker) -> None:
        now = time.perf_counter()
        while now < end:
            try:
                await once()
            except Exhausted:
                return
            done = time.perf_counter()
            latencies.append(done - now)
            now = done

    await asyncio.gather(*(loop(once) for once in workers))
    elapsed = time.perf_counter() - begin
    cpu_ms = 1000 * (processor_seconds(pid) - used) / len(latencies)
    p99 = quantiles(latencies, n=100)[98] if len(latencies) > 1 else latencies[0]
    return Result(len(latencies), elapsed, 1000 * median(latencies), 1000 * p99, cpu_ms)


def processor_seconds(pid: int | None) -> float:
    """Return the processor time that a process has used; nan where nobody tells."""
    status = Path(f"/proc/{pid}/schedstat")  # nanoseconds of the main thread; task/* are its threads
    if pid is None or not status.exists():
        return float("nan")
    return sum(int(task.read_text().split()[0]) for task in status.parent.glob("task/*/schedstat")) / 1e9


def memory_mb(pid: int, name: str) -> float:
    """Return a line of the process's status, such as VmRSS (now) or VmHWM (the peak), in megabytes."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines[name].split()[0]) * 1024 / 1e6


def forget_peak(pid: int) -> None:
    """Let the peak of the process's memory begin anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


class HttpConnection:
    """One keep-alive HTTP/1.1 connection. Anything but a 200 ends the benchmark."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "localhost", parts.port or 80
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.head = "\r\n".join(lines).encode() + b"\r\nContent-Length: "

    async def open(self) -> None:
        """Connect."""
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def post(self, body: bytes) -> bytes:
        """Send the body and return that of the answer."""
        self.writer.write(self.head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        answer = await self._body(head.lower())
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"The server answered {head.splitlines()[0]!r}: {answer[:300]!r}")
        return answer

    async def _body(self, head: bytes) -> bytes:
        """Read a body of known length, or in chunks (RFC 9112 7.1)."""
        if b"content-length:" in head:
            return await self.reader.readexactly(int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
        chunks = []
        while length := int(await self.reader.readline(), 16):
            chunks.append((await self.reader.readexactly(length + 2))[:-2])
        await self.reader.readline()
        return b"".join(chunks)

    def close(self) -> None:
        """Disconnect."""
        self.writer.close()

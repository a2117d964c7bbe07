"""A web process of its own on the test database: uvicorn on a free port, as `up` runs it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path
from signal import SIGTERM
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import quote

import httpx2
from django.db import connection

from config.processes import die_with_parent

CHECKOUT = Path(__file__).resolve().parent.parent
QUIET = ("--log-level", "warning", "--no-access-log")
READY_WITHIN = 90.0  # seconds; a busy machine is slow to import


@dataclass
class Web:
    """A web process that answers at `base_url`."""

    base_url: str
    process: subprocess.Popen
    written: IO[str]  # a file: a pipe that nobody reads would stop the process once it is full

    def stop(self) -> str:
        """End it, and return what it has written."""
        self.process.send_signal(SIGTERM)
        self.process.wait(20)
        self.written.seek(0)
        return self.written.read()


@contextmanager
def web(env: Mapping[str, str] | None = None, options: Sequence[str] = QUIET) -> Iterator[Web]:
    """Start a web process and end it. What it reads must be committed: `django_db(transaction=True)`."""
    started = start_web(env, options)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.stop()
        else:  # on purpose, or a test fails and wants to know
            sys.stderr.write(f"The web process had ended with {started.process.returncode}:\n{started.stop()}")
        started.written.close()


def start_web(env: Mapping[str, str] | None = None, options: Sequence[str] = QUIET) -> Web:
    """Return a web process that has answered /healthz."""
    port = free_port()
    base_url = f"http://localhost:{port}"
    own = {"DATABASE_URL": database_url(), "GATEPOST_PUBLIC_URL": base_url, "GATEPOST_LOG_LEVEL": "WARNING"}
    arguments = ("--host", "127.0.0.1", "--port", str(port), "--no-proxy-headers", *options)
    written = TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "config.asgi:application", *arguments],
        cwd=CHECKOUT,
        env={**environ, **own, **(env or {})},
        stdout=written,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=die_with_parent(SIGTERM),
    )
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(f"{base_url}/healthz"):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"The web process is not ready:\n{Web(base_url, process, written).stop()}")
        time.sleep(0.02)
    return Web(base_url, process, written)


def database_url() -> str:
    """Return the URL of the database that the tests run on."""
    to = connection.settings_dict
    user = f"{quote(to['USER'], safe='')}:{quote(to['PASSWORD'] or '', safe='')}"
    port = f"&port={to['PORT']}" if to["PORT"] else ""
    return f"postgresql://{user}@/{quote(to['NAME'], safe='')}?host={quote(to['HOST'], safe='')}{port}"


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2).status_code == 200
    except httpx2.TransportError:
        return False

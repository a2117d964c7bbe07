"""Gatepost itself, as `manage.py up` runs it, in a home of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WEB = b"config.asgi:application"
# Counters stay on; only their ceilings are raised.
LIMITS = ("GATEPOST_REQUESTS_PER_MINUTE", "GATEPOST_TOKEN_REQUESTS_PER_MINUTE")


@contextmanager
def gatepost(home: Path) -> Iterator[dict[str, Any]]:
    """Run `manage.py up` and yield its ready file, with the process id of the web process as `web_pid`."""
    ready = home / "ready.json"
    arguments = ["up", "--home", str(home / "home"), "--port", str(free_port()), "--ready-file", str(ready)]
    with (home / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(), stdout=log, stderr=log
        )
    try:
        facts = _wait(process, ready, home / "up.log")
        yield facts | {"web_pid": child(process.pid, WEB)}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def environment() -> dict[str, str]:
    """Return the caller's environment without a database of theirs, and with high limits."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return kept | dict.fromkeys(LIMITS, "100000000")


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    while not ready.exists():
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        raise SystemExit(f"Gatepost did not start:\n{log.read_text()}")
    return dict(json.loads(ready.read_text()))


def child(parent: int, argument: bytes) -> int | None:
    """Return the child of a process that was started with the argument; None where /proc does not tell."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            is_child = int(status.read_text().rpartition(")")[2].split()[1]) == parent
            if is_child and argument in status.with_name("cmdline").read_bytes().split(b"\0"):
                return int(status.parent.name)
        except OSError:
            continue
    return None


def free_port() -> int:
    """Return a port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a private folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="gatepost-benchmark-") as folder:
        yield Path(folder)

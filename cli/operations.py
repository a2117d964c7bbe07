"""Waiting for background work, with its progress on the terminal."""

import sys
import time
from typing import Any

from cli.errors import Refused
from cli.transport import Api

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0  # seconds


def wait(api: Api, operation_id: str) -> dict[str, Any]:
    """Return the operation when it is done. Giving up here (Ctrl-C) does not stop it at the server."""
    pause = _FIRST_PAUSE
    while True:
        operation: dict[str, Any] = api.call("GET", f"{{X}}/operations/{operation_id}")
        _progress(operation)
        if operation["state"] == "done":
            return operation
        if operation["state"] == "failed":
            raise Refused(f"The operation {operation_id} failed: {operation.get('error') or 'see the log'}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _progress(operation: dict[str, Any]) -> None:
    if not sys.stderr.isatty():
        return
    share = int(operation.get("progress") or 0)
    bar = "#" * (share // 5) + "." * (20 - share // 5)
    end = "\n" if operation["state"] in {"done", "failed"} else ""
    sys.stderr.write(f"\r{operation['kind']} {operation.get('subject', '')} [{bar}] {share:3d} % {end}")
    sys.stderr.flush()

"""An advisory lock held while `up` runs. Its file says who holds it; one without a holder is taken over."""

import fcntl
import json
import os
from pathlib import Path


class RunLock:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.after_crash = False
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self, url: str) -> bool:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self.after_crash = os.fstat(file).st_size > 0  # a clean end empties it
        os.ftruncate(file, 0)
        os.write(file, json.dumps({"pid": os.getpid(), "url": url}).encode())
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def holder(self) -> str:
        """`URL (pid N)` of the process that has it; it may be about to write that."""
        text = self.path.read_text()
        found = json.loads(text) if text else {"url": "", "pid": "unknown"}
        return f"{found['url']} (pid {found['pid']})"

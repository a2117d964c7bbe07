"""Services started in stages, each waited for, and ended together: no restarts, and no orphans."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

from config.home import CHECKOUT
from config.processes import die_with_parent, open_log, tail

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 0.05


class ServiceError(Exception):
    """A service ended, or was not ready in time. The text names it and shows its last output."""


class Signals:
    """Counts requests to stop instead of dying of them; the second one means: hurry."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        self._former = {signum: signal.signal(signum, self._note) for signum in STOP_SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for signum, handler in self._former.items():
            signal.signal(signum, handler)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.count += 1


class Service(Protocol):
    """What the supervisor needs to know of a part; `fault` says why it is not well, or nothing."""

    def start(self) -> None: ...
    def is_ready(self) -> bool: ...
    def fault(self) -> str | None: ...
    def stop(self, signals: Signals) -> None: ...


@dataclass
class Child:
    """A process of ours, in its own session, its output in a log. A `once` child is ready when it has succeeded."""

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str]
    ready: Callable[["Child"], bool] = lambda child: True
    once: bool = False
    ready_within: float = 60.0
    stop_within: float = 10.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        with open_log(self.log) as log:
            self._since = os.fstat(log.fileno()).st_size
            self._deadline = time.monotonic() + self.ready_within
            self.process = subprocess.Popen(
                self.argv,
                cwd=CHECKOUT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,  # what children write into the home is nobody else's
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def output(self) -> str:
        """The end of what this run has written."""
        return tail(self.log, since=self._since)

    def is_ready(self) -> bool:
        if self.once:
            return self.process is not None and self.process.poll() == 0
        if self.ready(self):
            return True
        if time.monotonic() > self._deadline:
            raise ServiceError(f"{self.name} is not ready after {self.ready_within:.0f} s. {self._last_words()}")
        return False

    def fault(self) -> str | None:
        code = self.process.poll() if self.process else None
        if code is None or (self.once and code == 0):
            return None
        if self.once:  # it says itself what is wrong
            return self.output() or f"{self.name} failed with exit code {code}."
        return f"{self.name} ended with exit code {code}. {self._last_words()}"

    def _last_words(self) -> str:
        return f"The end of {self.log}:\n{self.output()}"

    def stop(self, signals: Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self.stop_within
        already = signals.count
        while self.process.poll() is None and time.monotonic() < deadline and signals.count == already:
            time.sleep(PAUSE)
        with suppress(ProcessLookupError):  # a child that was killed may leave children of its own
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def supervise(stages: Sequence[Sequence[Service]], on_ready: Callable[[], None]) -> int:
    """Run until a signal (0) or until any service fails (1). Everything has ended when this returns."""
    started: list[Service] = []
    with Signals() as signals:
        try:
            for stage in stages:
                for service in stage:
                    started.append(service)
                    service.start()
                while not all(service.is_ready() for service in stage):
                    _refuse_faults(started)
                    if signals.count:
                        return 128 + signal.SIGINT
                    time.sleep(PAUSE)
            on_ready()
            while not signals.count:
                _refuse_faults(started)
                time.sleep(PAUSE)
        except ServiceError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        finally:
            for service in reversed(started):
                service.stop(signals)
    return 0


def _refuse_faults(services: Sequence[Service]) -> None:
    for service in services:
        fault = service.fault()
        if fault:
            raise ServiceError(fault)

"""Statements that outlive their call: they stay on the process and connection that began them, and never run twice.

mcp.md 4.5. After a while the caller gets a handle, and the result goes to the control database.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from audit import event_loop
from catalog import kept_statements
from catalog.errors import CallFailed
from catalog.execution import Result
from catalog.kept_statements import Listed, Owner

logger = logging.getLogger(__name__)
_PULSE: Final = 1.0  # seconds between signs of life
_MOST: Final = 50  # in the background of one process
_GONE: Final = "There is no such statement, or its result is older than 15 minutes."
_CANCELED: Final = "The statement was cancelled."
_INTERRUPTED: Final = "The process that ran the statement ended."
_UNKNOWN: Final = " It writes, and whether it was committed is not known: look at the rows."

Ended = Callable[[Result | CallFailed], Awaitable[None]]  # told how a statement ended after its call


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call waits for its statement, and what becomes of one that takes longer, or that does not."""

    seconds: float
    cancels: bool = False  # end what takes longer; otherwise it goes on in the background
    keep_as: str = ""  # the id under which also what ended in time is kept; empty: it is not kept


@dataclass(eq=False, slots=True)
class Running:
    """One statement that runs on this process."""

    owner: Owner
    catalog: str
    query: str
    writes: bool
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    task: "asyncio.Task[Result] | None" = None
    keeper: "asyncio.Task[None] | None" = None  # writes down how it ends; only of those in the background


class _Statements:
    """All that run on this process. Lives on the owning loop."""

    def __init__(self) -> None:
        self.by_id: dict[str, Running] = {}
        self._pulse: asyncio.Task[None] | None = None

    def background(self) -> list[Running]:
        """Return those that outlived their call."""
        return [each for each in self.by_id.values() if each.keeper is not None]

    def show_life(self) -> None:
        """Begin to say that they run, if nobody does."""
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.get_running_loop().create_task(self._beat(), name="long-statements")

    async def close(self) -> None:
        """End all. Those in the background will be found to be interrupted."""
        tasks = [task for each in self.by_id.values() for task in (each.keeper, each.task) if task is not None]
        tasks += [self._pulse] if self._pulse is not None else []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self) -> None:
        while background := self.background():
            try:
                for id_ in await kept_statements.seen([each.id for each in background]):
                    self._cancel(id_)
            except psycopg.Error as error:
                logger.warning("no sign of life of %d statements: %s", len(background), type(error).__name__)
            await asyncio.sleep(_PULSE)

    def _cancel(self, id_: str) -> None:
        running = self.by_id.get(id_)
        if running is not None and running.task is not None:
            running.task.cancel()


_statements: Final = event_loop.Owned(_Statements, _Statements.close)


async def follow(
    work: Coroutine[Any, Any, Result], running: Running, patience: Patience, outlive: Callable[[], Ended]
) -> Result:
    """Await the work; when patience ends leave it in the background and return its handle.

    `outlive` is called then. Cancelling this call before that cancels the work.
    """
    statements = _statements.get()
    running.task = asyncio.get_running_loop().create_task(work)
    statements.by_id[running.id] = running
    try:
        await asyncio.wait({running.task}, timeout=patience.seconds)
        if running.task.done() and patience.keep_as:
            await _keep_too(running, running.task)
        if running.task.cancelled():  # by cancel, from another call
            raise _canceled(running)
        if running.task.done():
            return running.task.result()
        if patience.cancels:
            raise _canceled(running)
        if len(statements.background()) >= _MOST:
            raise CallFailed("BUSY", "Too many statements run in the background. Ask for less, or wait for one to end.")
        await _insert(running)
        running.keeper = asyncio.get_running_loop().create_task(_keep(running, outlive()))
        statements.show_life()
        return pending(running.id)
    finally:
        if running.keeper is None:
            del statements.by_id[running.id]
            running.task.cancel()
            await asyncio.wait({running.task})


async def poll(id_: str, owner: Owner, seconds: float) -> Result:
    """Return the result, or the handle again while it runs. Raise CallFailed when it failed, ended, or is not there."""
    running = _statements.get().by_id.get(id_)
    if running is not None and running.owner == owner and running.keeper is not None:
        await asyncio.wait({running.keeper}, timeout=seconds)
    found = await kept_statements.find(id_, owner)
    if found is None:
        raise CallFailed("NOT_FOUND", _GONE)
    match found.state:
        case "RUNNING":
            return pending(id_)
        case "SUCCEEDED":
            extra = {**found.answer.pop("extra"), "statement_id": id_, "state": "SUCCEEDED"}
            return Result(**found.answer, extra=extra)
        case "INTERRUPTED":
            raise CallFailed("INTERRUPTED", _INTERRUPTED + (_UNKNOWN if found.writes else ""))
    raise CallFailed(found.answer["code"], found.answer["message"])


async def cancel(id_: str, owner: Owner) -> None:
    """End it, wherever it runs."""
    running = _statements.get().by_id.get(id_)
    if running is not None and running.owner == owner and running.task is not None:
        running.task.cancel()
        return
    if await kept_statements.find(id_, owner) is None:
        raise CallFailed("NOT_FOUND", _GONE)
    await kept_statements.ask_to_cancel(id_, owner)


async def listed() -> list[Listed]:
    """Return what runs: on this process all, on others what is in the background. The oldest first."""
    here = {
        each.id: Listed(
            each.id,
            each.catalog,
            each.owner.principal_id,
            each.owner.principal_name,
            each.writes,
            each.query,
            each.started_at,
        )
        for each in _statements.get().by_id.values()
    }
    elsewhere = [each for each in await kept_statements.running() if each.id not in here]
    return sorted([*here.values(), *elsewhere], key=lambda each: each.started_at)


def pending(id_: str) -> Result:
    """Return the answer that says: ask again."""
    return Result((), [], is_truncated=False, column_types=(), extra={"statement_id": id_, "state": "RUNNING"})


async def _insert(running: Running) -> None:
    await kept_statements.insert(running.id, running.owner, running.query, running.started_at, writes=running.writes)


async def _keep_too(running: Running, task: "asyncio.Task[Result]") -> None:
    """Keep what its caller is told anyway. That it cannot be kept takes nothing away from what was done."""
    try:
        await _insert(running)
        await kept_statements.finish(running.id, *_outcome(running, task))
    except psycopg.Error as error:
        logger.warning("a statement that ended was not kept: %s", type(error).__name__)


async def _keep(running: Running, ended: Ended) -> None:
    """Wait for the end and write it down, for the caller and for the audit record."""
    assert running.task is not None  # noqa: S101 - it was started before it was left in the background
    await asyncio.wait({running.task})
    try:
        state, answer = _outcome(running, running.task)
        await ended(answer)
        await kept_statements.finish(running.id, state, answer)
    finally:
        _statements.get().by_id.pop(running.id, None)


def _outcome(running: Running, task: "asyncio.Task[Result]") -> tuple[str, Result | CallFailed]:
    if task.cancelled():
        return "CANCELED", _canceled(running)
    error = task.exception()
    if error is None:
        return "SUCCEEDED", task.result()
    if isinstance(error, CallFailed):
        return "FAILED", error
    logger.error("a statement in the background failed", exc_info=error)
    return "FAILED", CallFailed("INTERNAL", "The statement ended without a result.", repr(error))


def _canceled(running: Running) -> CallFailed:
    return CallFailed("CANCELED", _CANCELED + (_UNKNOWN if running.writes else ""))

"""The only writer of audit records."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import psycopg
from django.db import connection
from psycopg import AsyncConnection

from audit import control_database, event_loop, prepared
from audit.event import Event
from audit.row import LENGTHS, row

logger = logging.getLogger(__name__)

_LIMIT_WAITING: Final = 20_000  # records that wait for their batch
_LIMIT_ROWS: Final = 512  # rows a statement
_LIMIT_CHARACTERS: Final = 8_000_000  # of a statement
_LIMIT_SECONDS: Final = 3.0  # for one batch, with its second try

COLUMNS: Final = (
    *LENGTHS,
    *("event_id", "at", "principal_id", "scopes", "address", "attempt_id", "duration_ms", "row_count"),
    *("details", "statement", "parameters"),
)
# A batch that is sent again after its connection broke may have been committed: event_id tells.
_INSERT: Final = f"""
    INSERT INTO audit_auditevent ({", ".join(COLUMNS)})
    SELECT {", ".join(COLUMNS)} FROM json_populate_recordset(NULL::audit_auditevent, %s::json)
    ON CONFLICT (event_id) DO NOTHING
"""  # noqa: S608 - made of constants


class AuditUnavailable(Exception):
    """The record cannot be made durable now, so what it describes must not be answered."""

    status_code = 503
    error_code = "TEMPORARILY_UNAVAILABLE"


async def durable(event: Event) -> None:
    """Return when the record is committed. Cancelling the caller does not take the record back."""
    await event_loop.on_owner(_put(row(event)))


def write(event: Event, beside: Mapping[str, prepared.Statement] = MappingProxyType({})) -> None:
    """Insert the record in the caller's transaction: the change and its record are committed together or not.

    `beside`: statements of the same change by name, which spare the way to the database when they go with the record.
    Each may read what another of them returns, by its name.
    """
    if not (beside or connection.in_atomic_block):
        raise RuntimeError("audit.record.write belongs inside transaction.atomic(), with the change that it records.")
    names = ", ".join(f"{name} AS ({sql})" for name, (sql, _) in beside.items())
    values = [value for _, given in beside.values() for value in given]
    prepared.execute(f"WITH {names} {_INSERT}" if beside else _INSERT, [*values, f"[{row(event)}]"])


async def _put(line: str) -> None:
    await _writer.get().put(line)


class _Waiting:
    """One record on its way, and who waits for it."""

    __slots__ = ("committed", "line")

    def __init__(self, line: str, committed: "asyncio.Future[None]") -> None:
        self.line = line
        self.committed = committed

    def settle(self, error: AuditUnavailable | None) -> None:
        """Tell the caller, who may have gone away."""
        if self.committed.done():
            return
        if error is None:
            self.committed.set_result(None)
        else:
            self.committed.set_exception(error)


class _Writer:
    """Group commit by natural batching: while one batch commits the next gathers. No timer."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._some = asyncio.Event()
        self._closing = False
        self._connection: AsyncConnection | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(), name="audit-writer")

    async def put(self, line: str) -> None:
        """Queue the record and wait for its commit."""
        if self._closing or len(self._waiting) >= _LIMIT_WAITING:
            raise AuditUnavailable("Too many audit records wait for the database.")
        entry = _Waiting(line, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._some.set()
        await entry.committed

    async def close(self) -> None:
        """Commit what waits, then end."""
        self._closing = True
        self._some.set()
        await self._task
        await self._disconnect()

    async def _run(self) -> None:
        while self._waiting or not self._closing:
            await self._some.wait()
            while batch := self._next_batch():
                await self._commit(batch)
            self._some.clear()

    def _next_batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        room = _LIMIT_CHARACTERS
        while self._waiting and len(batch) < _LIMIT_ROWS and room > 0:
            batch.append(self._waiting.popleft())
            room -= len(batch[-1].line)
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Commit the batch and tell the callers. A row that PostgreSQL refuses fails alone."""
        error = await self._try(batch)
        if isinstance(error, psycopg.DataError) and len(batch) > 1:
            for entry in batch:
                await self._commit([entry])
            return
        if error is not None:
            logger.error("audit records cannot be written: %s", type(error).__name__)
        for entry in batch:
            entry.settle(None if error is None else AuditUnavailable("The audit record could not be written."))

    async def _try(self, batch: list[_Waiting]) -> Exception | None:
        """Insert within the time limit. Return the error, if any."""
        lines = f"[{','.join(entry.line for entry in batch)}]"
        try:
            await control_database.limited(self._insert_twice(lines), _LIMIT_SECONDS, self._disconnect)
        except psycopg.DataError as error:
            return error
        except Exception as error:  # whatever it is, the writer goes on
            await self._disconnect()
            return error
        return None

    async def _insert_twice(self, lines: str) -> None:
        """Insert, once more on a new connection when the first try failed for another reason than the data."""
        try:
            await self._insert(lines)
        except psycopg.DataError:
            raise
        except psycopg.Error:
            await self._disconnect()
            await self._insert(lines)

    async def _insert(self, lines: str) -> None:
        if self._connection is None:
            self._connection = await _connect()
        await self._connection.execute(_INSERT, (lines,), prepare=True)

    async def _disconnect(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            await broken.close()


async def _connect() -> AsyncConnection:
    """Open the writer's own connection. A role without synchronous commits must not make the promise hollow."""
    fresh = await control_database.connect("gatepost audit")
    await fresh.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    return fresh


_writer = event_loop.Owned(_Writer, _Writer.close)

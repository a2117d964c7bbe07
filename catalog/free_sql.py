"""SQL that a caller wrote: judged by the guard, then run as it judged it. sql-safety.md 2, layers 2 and 3."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg

from audit import event_loop
from catalog import bounding, changes, execution, guard, plan_cost, session, snapshot
from catalog.errors import CallFailed, NotVisible, Refused
from catalog.execution import Collected, Limits, Result
from catalog.guard import Checked, Code, Names, Refusal
from catalog.literals import Unwritable, written
from catalog.session import Connection, SqlLane
from catalog.snapshot import Caller, Header
from catalog.statement_cursor import StatementCursor

_CHUNK: Final = 20  # rows
_ROW_OF_BYTE_LIMIT: Final = 2  # a longer row is not sent: with the chunk it bounds the memory of a call
_BEGIN_READ: Final = "BEGIN READ ONLY"
_TOO_WIDE: Final = "A row of the result is too long to be sent. Nothing was changed. Return fewer or shorter columns."
Attempt = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL text that the guard let through for one caller."""

    header: Header
    caller: Caller
    text: str
    values: tuple[str | None, ...]
    checked: Checked
    path: tuple[str, ...]  # of bare names
    schema: str = ""  # the only one of bare names of tables; empty: any


@dataclass(frozen=True, slots=True)
class Leave:
    """What a call asks for: only the plan, and whether its credential may write."""

    may_write: bool
    explain: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A statement as its caller wrote it."""

    catalog: str
    text: str
    parameters: Sequence[Any] = ()
    schema: str = ""  # the only one of bare names of tables; empty: any


async def check(wanted: Wanted, *, caller: Caller, leave: Leave) -> Statement:
    """Return what may be sent. Raise NotVisible or Refused; its code sql_needs_write means that only leave is missing."""
    return await event_loop.on_owner(_check(wanted, caller, leave))


async def run(statement: Statement, limits: Limits, attempt: Attempt) -> Result:
    """Run it. `attempt` is awaited before one that writes. Cancelling the task cancels the statement."""
    return await event_loop.on_owner(_run(statement, limits, attempt))


async def check_again(statement: Statement) -> None:
    """Raise NotVisible or Refused when the guard would not let it through any more."""
    header = await snapshot.header(statement.header.name)
    names = _within(await snapshot.names(header, statement.caller), statement.schema)
    writable = statement.checked.writes and not header.read_only
    verdict = guard.inspect(statement.text, names, writable=writable, parameters=len(statement.values))
    if isinstance(verdict, Refusal):
        raise _refused(verdict, header, 0)


async def _check(wanted: Wanted, caller: Caller, leave: Leave) -> Statement:
    header = await snapshot.header(wanted.catalog)
    names = await snapshot.names(header, caller)
    if not names.usable:
        raise NotVisible
    execution.check_login_role(header)
    values = tuple(_value(value, number) for number, value in enumerate(wanted.parameters, 1))
    text = (plan_cost.EXPLAIN if leave.explain else "") + wanted.text
    writable = leave.may_write and not header.read_only
    verdict = guard.inspect(text, _within(names, wanted.schema), writable=writable, parameters=len(values))
    if isinstance(verdict, Refusal):
        raise _refused(verdict, header, len(text) - len(wanted.text))
    return Statement(header, caller, text, values, verdict, names.search_path, wanted.schema)


def _within(names: Names, schema: str) -> Names:
    """Return the names as they are when bare ones stand for tables of one schema.

    The path of the connection stays: functions read their own bare names by it, and no caller may choose for them.
    """
    if schema and schema not in names.usable:
        raise Refused("not_visible", f"There is no schema {schema} that you may use. See list_schemas.")
    return replace(names, home=schema) if schema else names


def _refused(refusal: Refusal, header: Header, skipped: int) -> Refused:
    if refusal.code == Code.NEEDS_WRITE and header.read_only:
        return Refused("CATALOG_READ_ONLY", "This statement writes, and this catalog is read-only. Use SELECT.")
    position = (refusal.position or 0) - skipped
    where = f" (at character {position})" if position > 0 else ""
    return Refused(refusal.code, f"{refusal.sentence}{where}")


def _value(value: Any, number: int) -> str | None:
    """Write a parameter as PostgreSQL reads it: arrays as its arrays, objects as JSON."""
    try:
        return written(value, "json" if isinstance(value, dict) else "text", is_array=isinstance(value, list))
    except Unwritable as error:
        raise CallFailed("INVALID_ARGUMENT", f"The parameter ${number}: {error}") from None


async def _run(statement: Statement, limits: Limits, attempt: Attempt) -> Result:
    header, writes = statement.header, statement.checked.writes
    lane = await session.sql_lane(header, statement.path)
    collected = execution.collected(header, limits)
    work = (_Write if writes else _Read)(statement, collected, execution.cost_allowed(header, limits))
    with lane.seat(statement.caller.principal_id):
        if writes:
            await attempt()
        await _on(lane, work, execution.seconds_allowed(header, limits.timeout_ms), repeatable=not writes)
    return work.result()


async def _on(lane: SqlLane, work: "_Read | _Write", seconds: float, *, repeatable: bool) -> None:
    await lane.run(work.run, seconds, repeatable=repeatable)


class _Read:
    """A statement that only reads, in a transaction that cannot write."""

    def __init__(self, statement: Statement, collected: Collected, plan_cost_limit: int | None) -> None:
        self._statement = statement
        self._collected = collected
        self._plan_cost = plan_cost_limit
        self._types: tuple[str, ...] = ()

    async def run(self, connection: Connection) -> None:
        """Take the rows, until a limit strikes."""
        await connection.execute(_BEGIN_READ, prepare=False)
        await self._look_at_the_cost(connection)
        text, mark = self._statement.text, ""
        if not self._statement.checked.explain:
            text, mark = bounding.of_query(text, self._statement.header.byte_limit * _ROW_OF_BYTE_LIMIT)
        cursor = StatementCursor(connection)
        try:
            async with cursor.chunks(text.encode(), self._statement.values, _CHUNK) as chunks:
                async for rows in chunks:
                    if not self._collected.add(rows):
                        break
        except psycopg.DataError as error:
            if not bounding.struck(error, mark):
                raise
            self._collected.truncated_by = "bytes"
        self._collected.columns, self._types = cursor.columns()

    async def _look_at_the_cost(self, connection: Connection) -> None:
        statement = self._statement
        if not statement.checked.explain:
            await plan_cost.check(connection, statement.text, statement.values, self._plan_cost)

    def result(self) -> Result:
        """Return what was collected."""
        found = self._collected
        return Result(
            columns=found.columns,
            rows=found.rows,
            is_truncated=bool(found.truncated_by),
            column_types=self._types,
            truncated_by=found.truncated_by,
            extra={"truncated_by": found.truncated_by} if found.truncated_by else {},
        )


class _Write(_Read):
    """A statement that writes: counted before it is committed, and run to its end whatever part of its rows is wanted."""

    _affected = 0

    async def run(self, connection: Connection) -> None:
        """Run and commit, unless it changes too much."""
        before = await changes.begin(connection)
        await self._look_at_the_cost(connection)
        text, mark = bounding.of_write(self._statement.text, self._statement.header.byte_limit * _ROW_OF_BYTE_LIMIT)
        cursor = StatementCursor(connection)
        wanted = True
        try:
            async with cursor.chunks(text.encode(), self._statement.values, _CHUNK) as chunks:
                async for rows in chunks:
                    wanted = wanted and self._collected.add(rows)
        except psycopg.DataError as error:
            if not bounding.struck(error, mark):
                raise
            raise CallFailed("RESULT_TOO_LARGE", _TOO_WIDE) from None
        self._collected.columns, self._types = cursor.columns()
        self._affected = await changes.affected(connection, before, self._statement.header.affected_row_limit)
        await connection.execute("COMMIT", prepare=False)

    def result(self) -> Result:
        """Return what was collected, and how many rows changed."""
        found = super().result()
        return Result(
            found.columns,
            found.rows,
            found.is_truncated,
            found.column_types,
            found.truncated_by,
            {**found.extra, "affected_rows": self._affected},
        )

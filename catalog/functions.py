"""Functions of catalogs for the MCP endpoint: which ones a caller sees, and calling them. No Django on this path."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

import orjson
from psycopg.raw_cursor import AsyncRawCursor
from psycopg.rows import TupleRow

from audit import event_loop
from catalog import session, snapshot, statements
from catalog.errors import CallFailed, NotVisible
from catalog.function import Argument, Column, Function
from catalog.session import Connection
from catalog.snapshot import Caller, Header

__all__ = ["Argument", "Caller", "Column", "Function", "Result", "call", "visible"]

_FEW_ROWS: Final = 100  # by the function's own estimate: one prepared statement; more are streamed
_CHUNK: Final = 100  # rows
_GRACE: Final = 1.0  # seconds that the server's own limit has before the watchdog strikes


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned. Values are JSON-ready as in mcp.md 4.2."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    is_truncated: bool
    column_types: tuple[str, ...]
    truncated_by: Literal["", "rows", "bytes"] = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


async def visible(catalog: str, schema: str, caller: Caller, *, function: str | None = None) -> tuple[Function, ...]:
    """Return what the caller may call in a schema, in the order of the tool names.

    With `function`, only that one with its overloads. Raise NotVisible when nothing is left, or never was there.
    """
    return await event_loop.on_owner(_visible(catalog, schema, caller, function))


async def call(
    function: Function,
    arguments: Mapping[str, Any],
    *,
    caller: Caller,
    row_limit: int | None = None,
    timeout_ms: int | None = None,
) -> Result:
    """Call the function. The limits only lower those of the catalog. Cancelling the task cancels the statement."""
    return await event_loop.on_owner(_call(function, arguments, caller, row_limit, timeout_ms))


async def _visible(catalog: str, schema: str, caller: Caller, function: str | None) -> tuple[Function, ...]:
    found = await snapshot.visible(await snapshot.header(catalog), schema, caller)
    if function is not None:
        found = tuple(one for one in found if one.name == function)
    if not found:
        raise NotVisible
    return found


async def _call(
    function: Function,
    arguments: Mapping[str, Any],
    caller: Caller,
    row_limit: int | None,
    timeout_ms: int | None,
) -> Result:
    header = await snapshot.header(function.catalog)
    if header.id != function.catalog_id or not snapshot.may_execute(await snapshot.rights(caller), function):
        raise NotVisible
    _check_catalog(header, function)
    limit = header.row_limit if row_limit is None else min(row_limit, header.row_limit)
    statement, values = statements.of_call(function, arguments, limit + 1)
    lane = await session.lane(header)
    work = _way(function)
    collected = await lane.run(
        lambda connection: work(connection, statement, values, _Collected(limit, header.byte_limit)),
        _seconds(header, timeout_ms),
        repeatable=not function.writes,
    )
    return _result(function, collected)


def _check_catalog(header: Header, function: Function) -> None:
    if header.is_refused:
        message = "The login role of this catalog may do too much. An account admin can see how to cure it."
        raise CallFailed("CATALOG_REFUSED", message)
    if function.writes and header.read_only:
        raise CallFailed("CATALOG_READ_ONLY", "This catalog is read-only, and the function writes.")


def _seconds(header: Header, timeout_ms: int | None) -> float:
    """The server ends what reaches the catalog's limit; the watchdog what outlives that, or a lower limit."""
    if timeout_ms is not None and timeout_ms < header.statement_timeout_ms:
        return timeout_ms / 1000
    return header.statement_timeout_ms / 1000 + _GRACE


class _Collected:
    """The rows so far, up to the limits. It says truthfully which limit cut."""

    def __init__(self, row_limit: int, byte_limit: int) -> None:
        self.columns: tuple[str, ...] = ()
        self.rows: list[list[Any]] = []
        self.truncated_by: Literal["", "rows", "bytes"] = ""
        self._row_limit = row_limit
        self._bytes_left = byte_limit

    def add(self, row: TupleRow) -> bool:
        """Take one more row. False: a limit struck, and no further row is wanted."""
        values = list(row)
        self._bytes_left -= len(orjson.dumps(values)) + 1
        if len(self.rows) >= self._row_limit:
            self.truncated_by = "rows"
        elif self._bytes_left < 0:
            self.truncated_by = "bytes"
        else:
            self.rows.append(values)
        return not self.truncated_by

    def describe(self, cursor: AsyncRawCursor[TupleRow]) -> None:
        """Keep the names of the columns as the database gave them."""
        self.columns = self.columns or tuple(column.name for column in cursor.description or ())


_Way = Callable[[Connection, bytes, list[str | None], _Collected], Awaitable[_Collected]]


def _way(function: Function) -> _Way:
    if function.writes:
        return _write
    return _stream if function.returns_set and function.row_estimate > _FEW_ROWS else _read


async def _read(connection: Connection, statement: bytes, values: list[str | None], into: _Collected) -> _Collected:
    """Fetch few rows with a prepared statement. Always the extended protocol, never several statements."""
    cursor = AsyncRawCursor(connection)
    await cursor.execute(statement, values, prepare=True)
    into.describe(cursor)
    for row in await cursor.fetchall():
        if not into.add(row):
            break
    return into


async def _stream(connection: Connection, statement: bytes, values: list[str | None], into: _Collected) -> _Collected:
    """Take many rows in chunks, so that memory stays flat. Leaving early cancels the rest."""
    cursor = AsyncRawCursor(connection)
    rows = cast(AsyncGenerator[TupleRow, None], cursor.stream(statement, values, size=_CHUNK))
    async with aclosing(rows):
        async for row in rows:
            into.describe(cursor)
            if not into.add(row):
                break
    return into


async def _write(connection: Connection, statement: bytes, values: list[str | None], into: _Collected) -> _Collected:
    """Run a writing function in a transaction of its own, to its end, whatever part of its rows is wanted."""
    await connection.execute("BEGIN READ WRITE", prepare=False)
    await _read(connection, statement, values, into)
    await connection.execute("COMMIT", prepare=False)
    return into


def _result(function: Function, collected: _Collected) -> Result:
    declared = tuple(column.name for column in function.columns)
    return Result(
        columns=(collected.columns or declared) if function.has_own_columns else declared,
        rows=collected.rows,
        is_truncated=bool(collected.truncated_by),
        column_types=tuple(column.type for column in function.columns),
        truncated_by=collected.truncated_by,
    )

"""How statements of ours run on a connection of a lane, and what is collected of their rows. sql-safety.md 2, layer 3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson
from psycopg.raw_cursor import AsyncRawCursor
from psycopg.rows import TupleRow

from catalog.encoded_rows import EncodedRows, Row
from catalog.errors import CallFailed
from catalog.session import Connection
from catalog.snapshot import Header
from catalog.statement_cursor import StatementCursor

CHUNK: Final = 100  # rows
_GRACE: Final = 1.0  # seconds that the server's own limit has before the watchdog strikes


@dataclass(frozen=True, slots=True)
class Result:
    """What a call returned. Values are JSON-ready as in mcp.md 4.2."""

    columns: tuple[str, ...]
    rows: Sequence[Row]
    is_truncated: bool
    column_types: tuple[str, ...]
    truncated_by: Literal["", "rows", "bytes"] = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """What lowers the limits of the catalog for one call."""

    rows: int | None = None
    timeout_ms: int | None = None
    bytes: int | None = None  # of its rows
    plan_cost: int | None = None  # of SQL of callers, as the planner expects it
    hidden: int = 0  # columns at the end of each row that are not for the caller


NO_LIMITS: Final = Limits()  # but those of the catalog


class Collected:
    """The rows so far, up to the limits. It says truthfully which limit cut."""

    def __init__(self, row_limit: int, byte_limit: int, *, hidden: int = 0) -> None:
        self.columns: tuple[str, ...] = ()
        self.rows = EncodedRows()
        self.last: TupleRow = ()  # the last row that was taken, whole
        self.truncated_by: Literal["", "rows", "bytes"] = ""
        self._row_limit = row_limit
        self._bytes_left = byte_limit
        self._hidden = hidden  # columns at the end of each row that are not for the caller

    def add(self, rows: Sequence[TupleRow]) -> bool:
        """Take more rows. False: a limit struck, and no further row is wanted."""
        wanted = rows[: self._row_limit - len(self.rows)]
        if (not wanted or self._take(wanted)) and len(wanted) < len(rows):
            self.truncated_by = "rows"
        return not self.truncated_by

    def describe(self, cursor: AsyncRawCursor[TupleRow]) -> None:
        """Keep the names of the columns as the database gave them."""
        self.columns = self.columns or tuple(column.name for column in cursor.description or ())

    def _take(self, rows: Sequence[TupleRow]) -> bool:
        """Take these, or those of them that the bytes suffice for."""
        encoded = orjson.dumps([row[: -self._hidden] for row in rows] if self._hidden else rows)[1:-1]
        if len(encoded) < self._bytes_left:  # a row costs a comma, too
            self._bytes_left -= len(encoded) + 1
            self.rows.add(encoded, len(rows))
            self.last = rows[-1]
        elif len(rows) == 1:
            self.truncated_by = "bytes"
        else:
            all(self._take([row]) for row in rows)
        return not self.truncated_by


async def read(connection: Connection, statement: bytes, values: list[str | None], into: Collected) -> Collected:
    """Fetch few rows with a prepared statement. Always the extended protocol, never several statements."""
    cursor = AsyncRawCursor(connection)
    await cursor.execute(statement, values, prepare=True)
    into.describe(cursor)
    into.add(await cursor.fetchall())
    return into


async def stream(connection: Connection, statement: bytes, values: list[str | None], into: Collected) -> Collected:
    """Take many rows in chunks, so that memory stays flat. Leaving early cancels the rest."""
    cursor = StatementCursor(connection)
    async with cursor.chunks(statement, values, CHUNK) as chunks:
        async for rows in chunks:
            if not into.add(rows):
                break
    into.describe(cursor)
    return into


def check_login_role(header: Header) -> None:
    """Refuse a catalog whose login role may do more than it should."""
    if header.is_refused:
        message = "The login role of this catalog may do too much. An account admin can see how to cure it."
        raise CallFailed("CATALOG_REFUSED", message)


def collected(header: Header, limits: Limits) -> Collected:
    """Return where the rows of a call go."""
    most = header.byte_limit if limits.bytes is None else min(limits.bytes, header.byte_limit)
    return Collected(rows_allowed(header, limits.rows), most, hidden=limits.hidden)


def rows_allowed(header: Header, row_limit: int | None) -> int:
    """Return the number of rows: the catalog's limit, or the lower one that was asked for."""
    return header.row_limit if row_limit is None else min(row_limit, header.row_limit)


def cost_allowed(header: Header, limits: Limits) -> int | None:
    """Return what the planner may expect SQL to cost: the lower one of the catalog's and the call's limit."""
    return min((each for each in (header.plan_cost_limit, limits.plan_cost) if each is not None), default=None)


def seconds_allowed(header: Header, timeout_ms: int | None) -> float:
    """The server ends what reaches the catalog's limit; the watchdog what outlives that, or a lower limit."""
    if timeout_ms is not None and timeout_ms < header.statement_timeout_ms:
        return timeout_ms / 1000
    return header.statement_timeout_ms / 1000 + _GRACE

"""Inserting rows into a table by typed values, with a dry run that is rolled back. mcp.md 4.5."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql
from psycopg.raw_cursor import AsyncRawCursor

from audit import event_loop
from catalog import changes, execution, session, snapshot
from catalog.errors import CallFailed, NotVisible, Refused
from catalog.execution import Collected, Limits, Result
from catalog.literals import Unwritable, written
from catalog.parameters import Parameters
from catalog.relation import Column, Reach, Relation
from catalog.session import Connection
from catalog.snapshot import Caller, Header

MOST_ROWS: Final = 1_000
_MOST_VALUES: Final = 60_000  # the protocol counts parameters in 16 bits
_TABLES: Final = frozenset("rpf")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Which table is meant."""

    catalog: str
    schema: str
    name: str


async def insert(
    table: Table,
    rows: Sequence[Row],
    *,
    caller: Caller,
    limits: Limits,
    dry_run: bool,
    attempt: Callable[[], Awaitable[None]],
) -> Result:
    """Insert the rows, or try it and roll back. The answer has the rows as stored where the caller may read them all.

    Raise NotVisible where the caller may use no such table, Refused, or CallFailed. `attempt` is awaited before the
    statement.
    """
    return await event_loop.on_owner(_insert(table, rows, caller, limits, attempt, dry_run=dry_run))


async def _insert(
    table: Table,
    rows: Sequence[Row],
    caller: Caller,
    limits: Limits,
    attempt: Callable[[], Awaitable[None]],
    *,
    dry_run: bool,
) -> Result:
    header = await snapshot.header(table.catalog)
    reach = _found(await snapshot.relations(header, table.schema, caller), table)
    _check(header, reach, rows)
    work = _Work(header, reach, _statement(reach, rows), execution.collected(header, limits), dry_run=dry_run)
    lane = await session.lane(header)
    await attempt()
    await lane.run(work.run, execution.seconds_allowed(header, limits.timeout_ms), repeatable=False)
    return work.result()


def _found(reached: Sequence[Reach], table: Table) -> Reach:
    for reach in reached:
        if reach.relation.name == table.name:
            return reach
    raise NotVisible


def _check(header: Header, reach: Reach, rows: Sequence[Row]) -> None:
    execution.check_login_role(header)
    relation = reach.relation
    if header.read_only:
        raise Refused("CATALOG_READ_ONLY", "This catalog is read-only.")
    if not reach.modify:
        raise Refused("sql_needs_modify", f"You may not change {relation.name}. Ask for MODIFY on it.")
    if relation.kind not in _TABLES:
        raise Refused("NOT_A_TABLE", f"{relation.name} is a view. Insert into a table.")
    if relation.has_changed:
        raise Refused("CHANGED", f"{relation.name} changed since an admin last looked. An account admin can accept it.")
    if len(rows) > header.affected_row_limit:
        raise Refused("AFFECTED_ROW_LIMIT", f"Insert at most {header.affected_row_limit} rows at a time.")


def _statement(reach: Reach, rows: Sequence[Row]) -> tuple[bytes, list[str | None]]:
    relation = reach.relation
    columns = [_writable(relation, name) for name in dict.fromkeys(name for row in rows for name in row)]
    if len(columns) * len(rows) > _MOST_VALUES:
        raise Refused("TOO_MANY_VALUES", f"Send at most {_MOST_VALUES} values at a time.")
    parameters = Parameters()
    return (
        sql.SQL("INSERT INTO {} {} VALUES {}{}")
        .format(
            sql.Identifier(relation.schema, relation.name),
            sql.SQL("({})").format(sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)),
            sql.SQL(", ").join(_values(columns, row, number, parameters) for number, row in enumerate(rows, 1)),
            _returning(relation) if reach.select else sql.SQL(""),
        )
        .as_bytes(),
        parameters.values,
    )


def _writable(relation: Relation, name: str) -> Column:
    column = relation.column(name)
    if column is None:
        known = ", ".join(each.name for each in relation.columns)
        raise CallFailed("UNKNOWN_COLUMN", f"{relation.name} has no column {name!r}. The columns are: {known}.")
    if column.input is None or column.is_generated:
        raise CallFailed("UNWRITABLE_COLUMN", f"The column {name!r} takes no values here. Leave it out.")
    return column


def _values(columns: Sequence[Column], row: Row, number: int, parameters: Parameters) -> sql.Composed:
    places = [
        _value(column, row[column.name], number, parameters) if column.name in row else sql.SQL("DEFAULT")
        for column in columns
    ]
    return sql.SQL("({})").format(sql.SQL(", ").join(places))


def _value(column: Column, value: Any, number: int, parameters: Parameters) -> sql.Composed:
    how = column.input
    assert how is not None  # noqa: S101 - _writable looked
    try:
        text = written(value, how.codec, is_array=how.is_array)
    except Unwritable as error:
        raise CallFailed("INVALID_ARGUMENT", f"rows.{number - 1}.{column.name}: {error}") from None
    return parameters.bind(text, how.cast)


def _returning(relation: Relation) -> sql.Composed:
    return sql.SQL(" RETURNING {}").format(
        sql.SQL(", ").join(sql.Identifier(column.name) for column in relation.columns)
    )


class _Work:
    """The transaction."""

    def __init__(
        self,
        header: Header,
        reach: Reach,
        statement: tuple[bytes, list[str | None]],
        collected: Collected,
        *,
        dry_run: bool,
    ) -> None:
        self._header = header
        self._returned = reach.relation.columns if reach.select else ()
        self._statement, self._values = statement
        self._dry_run = dry_run
        self._collected = collected
        self._affected = 0

    async def run(self, connection: Connection) -> None:
        """Insert, count, and commit or roll back."""
        before = await changes.begin(connection)
        cursor = AsyncRawCursor(connection)
        await cursor.execute(self._statement, self._values, prepare=False)
        if self._returned:
            self._collected.add(await cursor.fetchall())
        self._affected = await changes.affected(connection, before, self._header.affected_row_limit)
        await connection.execute("ROLLBACK" if self._dry_run else "COMMIT", prepare=False)

    def result(self) -> Result:
        """Return the rows as they were stored, or would have been."""
        found = self._collected
        return Result(
            columns=tuple(column.name for column in self._returned),
            rows=found.rows,
            is_truncated=bool(found.truncated_by),
            column_types=tuple(column.type for column in self._returned),
            truncated_by=found.truncated_by,
            extra={"affected_rows": self._affected, "dry_run": self._dry_run},
        )

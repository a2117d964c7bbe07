"""Creating a table from typed arguments, by a second login role that can do nothing else. mcp.md 4.5."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql
from psycopg.raw_cursor import AsyncRawCursor

from audit import event_loop
from catalog import execution, new_table, session, snapshot, tasks
from catalog.errors import CallFailed, NotVisible, Refused
from catalog.execution import Result
from catalog.new_table import NewTable
from catalog.session import Connection
from catalog.snapshot import Caller, Header

logger = logging.getLogger(__name__)
MOST_TABLES: Final = 1_000  # that the creating role owns: what callers make piles up
_OWNED: Final = """
SELECT count(*) FROM pg_class WHERE relkind = 'r' AND pg_get_userbyid(relowner) = current_user
"""
_MADE: Final = """
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True)
class Created:
    """The columns as PostgreSQL made them, and the text that made them, which is for auditors."""

    result: Result
    statement: str


async def create(table: NewTable, *, caller: Caller, dry_run: bool, attempt: Callable[[], Awaitable[None]]) -> Created:
    """Create the table, or try it and roll back.

    Raise NotVisible where the caller may use nothing of the catalog, Refused, or CallFailed. `attempt` is awaited
    before the first statement.
    """
    return await event_loop.on_owner(_create(table, caller, attempt, dry_run=dry_run))


async def _create(table: NewTable, caller: Caller, attempt: Callable[[], Awaitable[None]], *, dry_run: bool) -> Created:
    header = await snapshot.header(table.catalog)
    await _check(header, table, caller)
    work = _Work(table, new_table.statements(table, header.user), dry_run=dry_run)
    lane = await session.creating_lane(header)
    await attempt()
    await lane.run(work.run, execution.seconds_allowed(header, None), repeatable=False)
    if not dry_run:
        await _let_others_know(header)
    return work.created()


async def _check(header: Header, table: NewTable, caller: Caller) -> None:
    held = await snapshot.rights(caller)
    if not held.in_catalog(header.id):
        raise NotVisible
    execution.check_login_role(header)
    if header.read_only:
        raise Refused("CATALOG_READ_ONLY", "This catalog is read-only.")
    if not header.creator_user:
        message = "No tables can be created in this catalog. An account admin can give it a creating role."
        raise Refused("NO_CREATING_ROLE", message)
    if not held.may_create_in(header.id, header.creator_schema):
        raise Refused(
            "sql_needs_modify", "You may not create tables in this catalog. Ask for MODIFY on its schema for them."
        )
    if table.schema != header.creator_schema:
        message = f"Tables are created in the schema {header.creator_schema} of this catalog, and in no other."
        raise Refused("NOT_FOR_NEW_TABLES", message)
    if header.creator_is_refused:
        message = "The creating role of this catalog may do too much. An account admin can see how to cure it."
        raise Refused("CATALOG_REFUSED", message)


async def _let_others_know(header: Header) -> None:
    """Ask for a refresh, after which every tool knows the table. It is there, whatever becomes of this."""
    try:
        await asyncio.to_thread(tasks.request_refresh_by_id, header.id)
    except Exception as error:  # the periodic refresh will find it
        logger.warning("no refresh after a table was created: %s", type(error).__name__)


class _Work:
    """The transaction."""

    def __init__(self, table: NewTable, statements: list[sql.Composed], *, dry_run: bool) -> None:
        self._table = table
        self._statements = [statement.as_bytes() for statement in statements]
        self._dry_run = dry_run
        self._columns: list[list[Any]] = []

    async def run(self, connection: Connection) -> None:
        """Create, look at what became of it, and commit or roll back."""
        await connection.execute("BEGIN READ WRITE", prepare=False)
        await self._check_number(connection)
        for statement in self._statements:
            # Prepared is the extended protocol, which takes one statement.
            await AsyncRawCursor(connection).execute(statement, prepare=True)
        cursor = await connection.execute(_MADE, [self._table.schema, self._table.name], prepare=False)
        self._columns = [list(row) for row in await cursor.fetchall()]
        await connection.execute("ROLLBACK" if self._dry_run else "COMMIT", prepare=False)

    async def _check_number(self, connection: Connection) -> None:
        row = await (await connection.execute(_OWNED, prepare=False)).fetchone()
        if row and row[0] >= MOST_TABLES:
            message = f"{MOST_TABLES} tables were created in this catalog, and no more may be. An admin can drop some."
            raise CallFailed("TOO_MANY_TABLES", message)

    def created(self) -> Created:
        """Return the columns as they were made, or would have been."""
        result = Result(
            columns=("column", "type", "nullable", "default"),
            rows=self._columns,
            is_truncated=False,
            column_types=("text", "text", "bool", "text"),
            extra={"table": f"{self._table.schema}.{self._table.name}", "dry_run": self._dry_run},
        )
        return Created(result, ";\n".join(statement.decode() for statement in self._statements))

"""How much a transaction changed, before it is committed. sql-safety.md 2, layer 3, writes."""

from typing import Final

from catalog.errors import CallFailed
from catalog.session import Connection

# Whatever the statement did, its triggers and its WITH included. Counts of the transaction before may still be there.
_CHANGED: Final = """
SELECT coalesce(pg_catalog.sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::pg_catalog.text
FROM pg_catalog.pg_stat_xact_user_tables
"""


async def begin(connection: Connection) -> int:
    """Begin a transaction that may write. Return what `affected` needs."""
    await connection.execute("BEGIN READ WRITE", prepare=False)
    return await _changed(connection)


async def affected(connection: Connection, before: int, limit: int) -> int:
    """Return how many rows the transaction changed. Raise CallFailed, which rolls back, above the limit."""
    rows = await _changed(connection) - before
    if rows > limit:
        message = f"This would change {rows} rows, and {limit} are allowed at once. Nothing was changed."
        raise CallFailed("AFFECTED_ROW_LIMIT", f"{message} Change less at a time.")
    return rows


async def _changed(connection: Connection) -> int:
    cursor = await connection.execute(_CHANGED, prepare=False)
    row = await cursor.fetchone()
    return int(row[0]) if row else 0

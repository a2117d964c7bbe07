"""Rows of statements that outlived their call, in the control database, without Django."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import orjson
from psycopg.rows import dict_row

from accounts import sealing
from audit import control_database
from catalog import aside
from catalog.errors import CallFailed
from catalog.execution import Result

KEPT: Final = timedelta(minutes=15)  # results
LOST: Final = timedelta(seconds=15)  # without a sign of life: the process that ran it died
_PURPOSE: Final = "statement"

_INSERT: Final = """
INSERT INTO catalog_longstatement (id, catalog_id, principal_id, principal_name, client_id, writes, query_sealed, state,
    cancel_asked, started_at, seen_at)
VALUES (%(id)s, %(catalog_id)s, %(principal_id)s, %(principal_name)s, %(client_id)s, %(writes)s, %(query)s, 'RUNNING',
    false, %(started_at)s, now())
"""
_FINISH: Final = """
UPDATE catalog_longstatement SET state = %s, answer_sealed = %s, finished_at = now() WHERE id = %s
"""
_SEEN: Final = """
UPDATE catalog_longstatement SET seen_at = now() WHERE id = ANY(%s) AND state = 'RUNNING' RETURNING id, cancel_asked
"""
_FIND: Final = """
SELECT state, writes, answer_sealed, seen_at < now() - %s AS is_lost FROM catalog_longstatement
WHERE id = %s AND principal_id = %s AND client_id = %s AND catalog_id = %s
AND (finished_at IS NULL OR finished_at > now() - %s)
"""
_WHERE: Final = """
SELECT c.name FROM catalog_longstatement s JOIN catalog_catalog c ON c.id = s.catalog_id
WHERE s.id = %s AND s.principal_id = %s AND s.client_id = %s
"""
_CANCEL: Final = """
UPDATE catalog_longstatement SET cancel_asked = true
WHERE id = %s AND principal_id = %s AND client_id = %s AND catalog_id = %s AND state = 'RUNNING'
"""
_RUNNING: Final = """
SELECT s.id, c.name AS catalog, s.principal_id, s.principal_name, s.writes, s.query_sealed, s.started_at
FROM catalog_longstatement s JOIN catalog_catalog c ON c.id = s.catalog_id
WHERE s.state = 'RUNNING' AND s.seen_at > now() - %s
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """For whom a handle works."""

    principal_id: int
    principal_name: str
    client_id: str
    catalog_id: int


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a statement."""

    state: str
    writes: bool
    answer: Any  # as `finished` got it


@dataclass(frozen=True, slots=True)
class Listed:
    """One statement that runs, on whichever process."""

    id: str
    catalog: str
    principal_id: int
    principal_name: str
    writes: bool
    query: str
    started_at: datetime


async def insert(id_: str, owner: Owner, query: str, started_at: datetime, *, writes: bool) -> None:
    """Keep a statement that goes on in the background."""
    row = {
        "id": id_,
        "catalog_id": owner.catalog_id,
        "principal_id": owner.principal_id,
        "principal_name": owner.principal_name,
        "client_id": owner.client_id,
        "writes": writes,
        "query": sealing.seal(query, purpose=_PURPOSE),
        "started_at": started_at,
    }
    await _execute(_INSERT, row)


async def finish(id_: str, state: str, answer: Result | CallFailed) -> None:
    """Keep how it ended."""
    size = 0 if isinstance(answer, CallFailed) else len(answer.rows)
    await _execute(_FINISH, (state, await aside.made(partial(_sealed, answer), size), id_))


def _sealed(answer: Result | CallFailed) -> bytes:
    if isinstance(answer, CallFailed):
        told: dict[str, Any] = {"code": answer.code, "message": answer.message}
    else:
        told = {name: getattr(answer, name) for name in ("columns", "is_truncated", "column_types", "extra")}
        told["rows"] = list(answer.rows)
    return sealing.seal(orjson.dumps(told).decode(), purpose=_PURPOSE)


async def seen(ids: list[str]) -> list[str]:
    """Say that these still run. Return those that shall end."""
    return [row["id"] for row in await _execute(_SEEN, (ids,)) if row["cancel_asked"]]


async def find(id_: str, owner: Owner) -> Found | None:
    """Return what is known, to its owner only."""
    where = (id_, owner.principal_id, owner.client_id, owner.catalog_id)
    rows = await _execute(_FIND, (LOST, *where, KEPT))
    if not rows:
        return None
    row = rows[0]
    sealed = row["answer_sealed"]
    answer = orjson.loads(sealing.unseal(bytes(sealed), purpose=_PURPOSE)) if sealed else None
    is_lost = row["state"] == "RUNNING" and row["is_lost"]
    return Found("INTERRUPTED" if is_lost else row["state"], row["writes"], answer)


async def catalog_of(id_: str, principal_id: int, client_id: str) -> str | None:
    """Return the catalog on which a statement of theirs runs or ran; None when there is no such statement."""
    rows = await _execute(_WHERE, (id_, principal_id, client_id))
    return rows[0]["name"] if rows else None


async def ask_to_cancel(id_: str, owner: Owner) -> None:
    """Tell the process that runs it, by its next sign of life."""
    await _execute(_CANCEL, (id_, owner.principal_id, owner.client_id, owner.catalog_id))


async def running() -> list[Listed]:
    """Return what runs in the background on any process."""
    rows = await _execute(_RUNNING, (LOST,))
    return [
        Listed(query=sealing.unseal(bytes(row.pop("query_sealed")), purpose=_PURPOSE), **row) for row in map(dict, rows)
    ]


async def _execute(statement: Any, parameters: Any) -> list[dict[str, Any]]:
    pool = await control_database.pool()
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []

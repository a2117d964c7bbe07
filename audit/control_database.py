"""Asynchronous access to the control database. Owned by the owning loop; Django keeps its own connections."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from django.conf import settings
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from audit import event_loop

T = TypeVar("T")
Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]

_MOST_CONNECTIONS = 4
_LONGEST_WAIT = 5.0  # seconds, for a connection


def parameters() -> dict[str, Any]:
    """Return the libpq parameters of the control database. Read at each call: tests change the name."""
    database = settings.DATABASES["default"]
    named = {
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "host": database["HOST"],
        "port": database["PORT"],
    }
    given = cast(dict[str, Any], database["OPTIONS"])
    return {"connect_timeout": 3} | {key: value for key, value in named.items() if value} | given


async def connect(application_name: str) -> AsyncConnection[TupleRow]:
    """Open one more connection, in autocommit, for a task that keeps it."""
    return await AsyncConnection.connect(**parameters(), autocommit=True, application_name=application_name)


async def limited(work: Coroutine[Any, Any, T], seconds: float, close: Callable[[], Awaitable[None]]) -> T:
    """Await the work; when it takes too long, close its connection and raise TimeoutError.

    asyncio.timeout would not do: psycopg answers a cancellation with tries of its own, for up to ten seconds, to cancel
    the statement of a server that hangs. On a closed connection it gives up at once.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            await close()
            task.cancel()
            await asyncio.wait({task}, timeout=1)


async def pool() -> Pool:
    """Return the pool. Only code on the owning loop may ask for it."""
    shared = _pool.get()
    if shared.closed:
        await shared.open()
    return shared


def _make() -> Pool:
    return AsyncConnectionPool(
        kwargs={**parameters(), "autocommit": True, "prepare_threshold": 0, "application_name": "gatepost"},
        min_size=0,
        max_size=_MOST_CONNECTIONS,
        timeout=_LONGEST_WAIT,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )


_pool = event_loop.Owned(_make, AsyncConnectionPool.close)

"""The connections to catalogs: the only place that opens one for a call.

Each catalog has one lane in each process, a small stack of connections that live on the owning loop. What a function
left behind on a connection is cleared before the next call; a connection whose state is not known is closed.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg import AsyncConnection, waiting
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.raw_cursor import AsyncRawCursor
from psycopg.rows import TupleRow

from accounts import freshness
from accounts.sealing import Unsealable
from audit import event_loop
from catalog import failures, loaders, snapshot
from catalog.errors import Busy, CallFailed
from catalog.snapshot import Header
from catalog.target import CONNECT_SECONDS, SESSION, Target

T = TypeVar("T")

# Seconds
_INTERVAL: Final = 0.1  # psycopg's own
_WAIT: Final = 5.0  # for a free connection
_CANCEL: Final = 0.3  # for the request to cancel; then the socket closes and the server ends the statement
_CLEAR: Final = 2.0

_PARAMETERS: Final = loaders.adapters()
# One message of ours, never a caller's text. The path may be a function's, so names are qualified.
_CLEAN: Final = "CLOSE ALL; UNLISTEN *; DISCARD TEMP; SELECT pg_catalog.pg_advisory_unlock_all(); RESET ALL; RESET SESSION AUTHORIZATION"


class Connection(AsyncConnection[TupleRow]):
    """A connection whose statement ends with the task that waits for it.

    psycopg asks once to cancel and goes on with what it was doing. A request that comes between two messages, or into
    a function that swallows it, is lost. So the socket closes too: the server then ends what runs for nobody.
    """

    async def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        """Wait for the server, or end what it does for us."""
        try:
            return await waiting.wait_async(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        except asyncio.CancelledError:
            if self.pgconn.transaction_status != TransactionStatus.IDLE:
                await self._abandon()
            raise

    async def _abandon(self) -> None:
        try:
            await self.cancel_safe(timeout=_CANCEL)
        except psycopg.Error:
            pass  # the closed socket is enough
        finally:
            self.pgconn.finish()


class Lane:
    """The connections of this process to one catalog, opened when needed and never more than the catalog allows."""

    explain = staticmethod(failures.explain)

    def __init__(self, header: Header, size: int | None = None) -> None:
        self.header = header
        self._slots = asyncio.Semaphore(size or header.max_connections)
        self._idle: list[Connection] = []
        self._returning: set[asyncio.Task[None]] = set()
        self._adapters = psycopg.adapt.AdaptersMap(_PARAMETERS)
        self._knows_own_types = False
        self._closed = False

    async def run(self, work: Callable[[Connection], Awaitable[T]], seconds: float, *, repeatable: bool) -> T:
        """Do the work on a connection within the time limit.

        A connection that lay idle may have died without our noticing. Work that only reads is then done once more.
        """
        connection, was_idle = await self._take()
        try:
            async with Deadline(seconds):
                return await work(connection)
        except psycopg.OperationalError as error:
            if not (repeatable and was_idle and connection.closed):
                raise self.explain(error) from error
        except psycopg.Error as error:
            raise self.explain(error) from error
        finally:
            self._give_back(connection)
        await self._drop_idle()
        return await self.run(work, seconds, repeatable=repeatable)

    async def close(self) -> None:
        """Close what is idle. What is in use closes when its call ends."""
        self._closed = True
        await self._drop_idle()

    async def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    async def _take(self) -> tuple[Connection, bool]:
        try:
            async with asyncio.timeout(_WAIT):
                await self._slots.acquire()
        except TimeoutError:
            raise Busy("BUSY", "All connections of this catalog are in use. Try again in a moment.") from None
        if self._idle:
            return self._idle.pop(), True
        try:
            return await self._connect(), False
        except BaseException:
            self._slots.release()
            raise

    def _target(self) -> Target:
        return self.header.target()

    async def _connect(self) -> Connection:
        settings = {**SESSION, "statement_timeout": f"{self.header.statement_timeout_ms}ms"}
        try:
            parameters = self._target().parameters(settings)
            async with asyncio.timeout(CONNECT_SECONDS + 1):
                connection = await Connection.connect(
                    **parameters, autocommit=True, context=self._adapters, cursor_factory=AsyncRawCursor
                )
                try:
                    await self._prepare(connection)
                except BaseException:
                    await connection.close()
                    raise
        except (psycopg.Error, TimeoutError, Unsealable) as error:
            raise failures.unreachable(f"{type(error).__name__}: {error}") from None
        return connection

    async def _prepare(self, connection: Connection) -> None:
        """Set what a new connection needs beside its settings."""
        if not self._knows_own_types:
            await loaders.register_own_types(connection, self._adapters, connection.adapters)
            self._knows_own_types = True

    def _give_back(self, connection: Connection) -> None:
        """Clean up behind the caller's back: the answer need not wait for it, the next call does."""
        task = asyncio.get_running_loop().create_task(self._clean(connection))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _clean(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(_CLEAR):
                if not await self._cleaned(connection) or self._closed:
                    await connection.close()
                else:
                    self._idle.append(connection)
        except (psycopg.Error, TimeoutError):
            await connection.close()
        finally:
            self._slots.release()

    async def _cleaned(self, connection: Connection) -> bool:
        """End what is open and clear what a session keeps. False: the connection cannot be known to be clean."""
        if connection.pgconn.transaction_status in {TransactionStatus.INTRANS, TransactionStatus.INERROR}:
            await connection.rollback()
        if connection.pgconn.transaction_status != TransactionStatus.IDLE:
            return False
        await self._reset(connection)
        return True

    async def _reset(self, connection: Connection) -> None:
        await connection.execute(_CLEAN, prepare=False)


class SqlLane(Lane):
    """For SQL of callers: bare names are found on a pinned path, and everything that a session keeps is discarded."""

    explain = staticmethod(failures.explain_statement)

    def __init__(self, header: Header, path: Sequence[str]) -> None:
        super().__init__(header, size=max(1, header.max_connections // 2))
        names = ('"' + name.replace('"', '""') + '"' for name in ("pg_catalog", *path, "pg_temp"))
        self._path = ", ".join(names)  # unlisted, pg_temp would be searched first
        self._in_use: Counter[int] = Counter()

    @contextmanager
    def seat(self, principal: int) -> Iterator[None]:
        """Take part, or raise Busy: one principal never has all connections."""
        if self._in_use[principal] >= max(1, self.header.max_connections // 4):
            raise Busy("BUSY", "You run as many statements here as you may at one time. Wait for one to end.")
        self._in_use[principal] += 1
        try:
            yield
        finally:
            self._in_use[principal] -= 1

    async def _prepare(self, connection: Connection) -> None:
        connection.prepare_threshold = None  # DISCARD ALL would drop what psycopg believes to be prepared
        if connection.info.parameter_status("server_encoding") != "UTF8":  # the guard reads UTF-8
            raise CallFailed("ENCODING", "SQL needs a database in UTF-8, and this one has another encoding.")
        await super()._prepare(connection)
        await self._pin(connection)

    async def _reset(self, connection: Connection) -> None:
        await connection.execute("DISCARD ALL", prepare=False)
        await self._pin(connection)

    async def _pin(self, connection: Connection) -> None:
        await connection.execute("SELECT pg_catalog.set_config('search_path', $1, false)", [self._path])


class CreatingLane(Lane):
    """For create_table alone: the second login role. A connection is opened for one table, and never kept."""

    explain = staticmethod(failures.explain_creation)

    def __init__(self, header: Header) -> None:
        super().__init__(header, size=1)

    def _target(self) -> Target:
        return self.header.creator_target()

    async def _prepare(self, connection: Connection) -> None:
        """Nothing: it reads no rows of callers."""

    async def _cleaned(self, connection: Connection) -> bool:
        return False


class Deadline:
    """Ends the statement of the current task when its time is over, whatever statement_timeout has become.

    Lighter than asyncio.timeout, which it follows: this is on the path of every call.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._struck = False

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asynchronous code runs in a task
        self._task: asyncio.Task[Any] = task
        self._cancelled_before = task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._strike)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._timer.cancel()
        if self._struck and self._task.uncancel() <= self._cancelled_before and kind is asyncio.CancelledError:
            raise failures.timed_out("ended by the watchdog") from None

    def _strike(self) -> None:
        self._struck = True
        self._task.cancel()


L = TypeVar("L", bound=Lane)


class _Lanes:
    """All lanes of this process."""

    def __init__(self) -> None:
        self._lanes: dict[tuple[int, type[Lane]], Lane] = {}
        self._sweep: asyncio.Task[None] | None = None

    async def of(self, header: Header, kind: type[L], make: Callable[[], L]) -> L:
        """Return the lane of a catalog. A catalog that changed gets a new one."""
        lane = self._lanes.get((header.id, kind))
        if isinstance(lane, kind) and (lane.header is header or lane.header == header):
            return lane
        self._lanes[header.id, kind] = fresh = make()
        if lane is not None:
            await lane.close()
        return fresh

    def changed(self) -> None:
        """Look, soon, whether a catalog with open connections was changed or removed."""
        if self._lanes and (self._sweep is None or self._sweep.done()):
            self._sweep = asyncio.get_running_loop().create_task(self._close_changed())

    async def close(self) -> None:
        """Close all."""
        for lane in self._lanes.values():
            await lane.close()

    async def _close_changed(self) -> None:
        looked_at = -1
        while looked_at != freshness.generation():
            looked_at = freshness.generation()
            try:
                current = {header.id: header for header in await snapshot.headers({id_ for id_, _ in self._lanes})}
            except psycopg.OperationalError:
                return  # no control database, no calls; the next notice comes when it is back
            for key, lane in list(self._lanes.items()):
                if current.get(key[0]) != lane.header or not lane.header.enabled:
                    self._lanes.pop(key, None)
                    await lane.close()


_lanes: Final = event_loop.Owned(_Lanes, _Lanes.close)
freshness.on_change(lambda: _lanes.get().changed())


async def lane(header: Header) -> Lane:
    """Return the lane of a catalog. Only code on the owning loop may ask for it."""
    return await _lanes.get().of(header, Lane, lambda: Lane(header))


async def sql_lane(header: Header, path: Sequence[str]) -> SqlLane:
    """Return the lane of a catalog for SQL of callers. The path is that of this version of the catalog."""
    return await _lanes.get().of(header, SqlLane, lambda: SqlLane(header, path))


async def creating_lane(header: Header) -> CreatingLane:
    """Return the lane of a catalog for creating tables."""
    return await _lanes.get().of(header, CreatingLane, lambda: CreatingLane(header))

"""Budgets on the path of a tool call: no Django, and nothing to pay where no budget is set.

Days are those of UTC. What was spent is counted here and added to the control database every second, where the
processes see each other's: a budget can be overdrawn by what happens within that second.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from psycopg.rows import dict_row

from accounts.freshness import FreshCache
from audit import control_database, event_loop
from catalog.errors import Refused
from connections.grant import Grant

logger = logging.getLogger(__name__)
_PAUSE: Final = 1.0  # seconds
_BUDGETS: Final = """
SELECT level, subject, calls_per_day, rows_per_day, concurrent_calls, rows, seconds FROM connections_budget
"""
_ADD: Final = """
INSERT INTO connections_spending AS spent (day, key, calls, rows)
SELECT %s::date, key, calls, rows FROM unnest(%s::text[], %s::bigint[], %s::bigint[]) AS more (key, calls, rows)
ON CONFLICT (day, key) DO UPDATE SET calls = spent.calls + excluded.calls, rows = spent.rows + excluded.rows
RETURNING key, calls, rows
"""
_WHOSE: Final[Mapping[str, str]] = {
    "account": "your account",
    "catalog": "this catalog",
    "client": "this app",
    "token": "this token",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What one principal may use at one level. None: no limit."""

    level: str
    subject: str
    calls_per_day: int | None
    rows_per_day: int | None
    concurrent_calls: int | None
    rows: int | None  # of one call
    seconds: int | None  # of one call


class Exhausted(Refused):
    """A budget is used up. Says which, and when it begins anew."""


@dataclass(slots=True)
class _Spent:
    """One principal under one budget today: what the database knew last, and what it does not know yet."""

    calls: int = 0
    rows: int = 0
    new_calls: int = 0
    new_rows: int = 0


@dataclass(slots=True)
class Purse:
    """What one call may spend. Leave it, and its rows are counted."""

    row_limit: int | None = None
    timeout_ms: int | None = None
    rows: int = 0  # to be set when they are known
    keys: tuple[str, ...] = ()
    outlives: bool = False  # what it pays for goes on after the call; then `close` ends it


_budgets: Final[FreshCache[str, Mapping[tuple[str, str], Budget]]] = FreshCache(1)


class _Ledger:
    """What this process knows. Used on the owning loop only."""

    def __init__(self) -> None:
        self._day = _today()
        self._spent: dict[str, _Spent] = {}
        self._running: dict[str, int] = {}
        self._writing = asyncio.Lock()
        self._task = asyncio.get_running_loop().create_task(self._run(), name="spending")

    async def close(self) -> None:
        """Write the last."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._write_or_warn()

    async def learn(self, keys: list[str]) -> None:
        """Find out what other processes spent before this one sees a key for the first time today."""
        if self._day != _today():
            await self._write_or_warn()
            self._day, self._spent = _today(), {}
        if any(key not in self._spent for key in keys):
            for key in keys:
                self._spent.setdefault(key, _Spent())
            await self._write(keys)

    def spent(self, key: str) -> tuple[int, int]:
        """Return calls and rows of today."""
        spent = self._spent.get(key) or _Spent()
        return spent.calls + spent.new_calls, spent.rows + spent.new_rows

    def begin(self, keys: list[str]) -> None:
        """Count a call that begins."""
        for key in keys:
            self._spent.setdefault(key, _Spent()).new_calls += 1
            self._running[key] = self.running(key) + 1

    def end(self, keys: list[str], rows: int) -> None:
        """Count what it returned."""
        for key in keys:
            self._spent.setdefault(key, _Spent()).new_rows += rows
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]

    def running(self, key: str) -> int:
        """Return how many calls run now."""
        return self._running.get(key, 0)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await self._write_or_warn()

    async def _write_or_warn(self) -> None:
        try:
            await self._write([key for key, spent in self._spent.items() if spent.new_calls or spent.new_rows])
        except Exception as error:  # counted again with the next
            logger.warning("spending was not written: %s", type(error).__name__)

    async def _write(self, keys: list[str]) -> None:
        """Add what is new and take over the sums. In one order, so that processes do not block each other."""
        if not keys:
            return
        async with self._writing:
            new = {key: (self._spent[key].new_calls, self._spent[key].new_rows) for key in sorted(keys)}
            columns = [list(new), [calls for calls, _ in new.values()], [rows for _, rows in new.values()]]
            async with (await control_database.pool()).connection() as connection:
                sums = await (await connection.execute(_ADD, [self._day, *columns])).fetchall()
            for key, calls, rows in sums:
                spent = self._spent[key]
                spent.calls, spent.rows = calls, rows
                spent.new_calls -= new[key][0]
                spent.new_rows -= new[key][1]


_ledger: Final = event_loop.Owned(_Ledger, _Ledger.close)


@contextlib.asynccontextmanager
async def spend(grant: Grant, catalogs: Sequence[str]) -> AsyncIterator[Purse]:
    """Count one call under every budget that it falls under, and give its limits. Raise Exhausted before it runs."""
    purse = await event_loop.on_owner(_open(grant, catalogs))
    try:
        yield purse
    finally:
        if not purse.outlives:
            await close(purse)


async def close(purse: Purse) -> None:
    """Count what it returned, and one running call less."""
    if purse.keys:
        await event_loop.on_owner(_close(purse))


async def _open(grant: Grant, catalogs: Sequence[str]) -> Purse:
    known = await _budgets.read("all", _load)
    subjects = [("account", ""), *(("catalog", catalog) for catalog in catalogs)]
    if grant.client:
        subjects.append(("client", grant.client.id))
    if grant.credential_kind == "pat":
        subjects.append(("token", grant.credential_id))
    budgets = [known[pair] for pair in subjects if pair in known]
    if not budgets:
        return Purse()
    ledger = _ledger.get()
    keys = {f"{each.level}:{each.subject}:{grant.principal.id}": each for each in budgets}
    await ledger.learn(list(keys))
    for key, budget in keys.items():
        _check(budget, ledger.running(key), *ledger.spent(key))
    ledger.begin(list(keys))
    return Purse(
        row_limit=min((each.rows for each in budgets if each.rows is not None), default=None),
        timeout_ms=min((each.seconds * 1000 for each in budgets if each.seconds is not None), default=None),
        keys=tuple(keys),
    )


async def _close(purse: Purse) -> None:
    _ledger.get().end(list(purse.keys), purse.rows)


def _check(budget: Budget, running: int, calls: int, rows: int) -> None:
    whose = _WHOSE[budget.level]
    if budget.concurrent_calls is not None and running >= budget.concurrent_calls:
        told = f"{running} calls under the budget of {whose} run already. Wait until one ends."
        raise Exhausted("BUDGET_CONCURRENT_CALLS", told)
    for code, spent, most in (("CALLS", calls, budget.calls_per_day), ("ROWS", rows, budget.rows_per_day)):
        if most is not None and spent >= most:
            told = f"The budget of {whose}, {most} {code.lower()} a day, is used up. It begins anew at 00:00 UTC."
            raise Exhausted(f"BUDGET_{code}_PER_DAY", f"{told} An account admin can raise it.")


async def _load() -> Mapping[tuple[str, str], Budget]:
    async with (
        (await control_database.pool()).connection() as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        rows = await (await cursor.execute(_BUDGETS)).fetchall()
    return {(row["level"], row["subject"]): Budget(**row) for row in rows}


def _today() -> date:
    return datetime.now(UTC).date()

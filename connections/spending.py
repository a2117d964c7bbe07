"""Budgets on the path of a tool call: no Django, and nothing to pay where no budget is set.

Days are those of UTC. What was spent is counted here and added to the control database every second, where the
processes see each other's: a budget can be overdrawn by what happens within that second.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import add, sub
from typing import Final, NamedTuple

from psycopg.rows import dict_row

from accounts.freshness import FreshCache
from audit import control_database, event_loop
from catalog.errors import Refused
from connections.grant import Grant

logger = logging.getLogger(__name__)
_PAUSE: Final = 1.0  # seconds
_BUDGETS: Final = """
SELECT level, subject, calls_per_day, rows_per_day, bytes_per_day, concurrent_calls, rows, bytes, seconds,
    plan_cost
FROM connections_budget
"""
_ADD: Final = """
INSERT INTO connections_spending AS spent (day, key, calls, rows, bytes)
SELECT %s::date, key, calls, rows, bytes
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[]) AS more (key, calls, rows, bytes)
ON CONFLICT (day, key) DO UPDATE SET calls = spent.calls + excluded.calls, rows = spent.rows + excluded.rows,
    bytes = spent.bytes + excluded.bytes
RETURNING key, calls, rows, bytes
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
    bytes_per_day: int | None
    concurrent_calls: int | None
    rows: int | None  # of one call
    bytes: int | None  # of the rows of one call
    seconds: int | None  # of one call
    plan_cost: int | None  # of the SQL of one call, as the planner expects it


class Exhausted(Refused):
    """A budget is used up. Says which, and when it begins anew."""


class Spent(NamedTuple):
    """What was spent."""

    calls: int = 0
    rows: int = 0
    bytes: int = 0  # of rows, as JSON

    def plus(self, more: "Spent") -> "Spent":
        """Return the sum."""
        return Spent(*map(add, self, more))

    def less(self, part: "Spent") -> "Spent":
        """Return the difference."""
        return Spent(*map(sub, self, part))


_NOTHING: Final = Spent()


@dataclass(slots=True)
class _Account:
    """One principal under one budget today: what the database knew last, and what it does not know yet."""

    known: Spent = _NOTHING
    new: Spent = _NOTHING


@dataclass(slots=True)
class Purse:
    """What one call may spend. Leave it, and its rows are counted."""

    row_limit: int | None = None
    byte_limit: int | None = None
    timeout_ms: int | None = None
    plan_cost: int | None = None
    rows: int = 0  # these two to be set when they are known
    bytes: int = 0
    keys: tuple[str, ...] = ()
    outlives: bool = False  # what it pays for goes on after the call; then `close` ends it


_budgets: Final[FreshCache[str, Mapping[tuple[str, str], Budget]]] = FreshCache(1)


class _Ledger:
    """What this process knows. Used on the owning loop only."""

    def __init__(self) -> None:
        self._day = _today()
        self._spent: dict[str, _Account] = {}
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
                self._spent.setdefault(key, _Account())
            await self._write(keys)

    def spent(self, key: str) -> Spent:
        """Return what was spent today."""
        account = self._spent.get(key) or _Account()
        return account.known.plus(account.new)

    def begin(self, keys: list[str]) -> None:
        """Count a call that begins."""
        for key in keys:
            self._count(key, Spent(calls=1))
            self._running[key] = self.running(key) + 1

    def end(self, keys: list[str], returned: Spent) -> None:
        """Count what it returned."""
        for key in keys:
            self._count(key, returned)
            self._running[key] -= 1
            if not self._running[key]:
                del self._running[key]

    def running(self, key: str) -> int:
        """Return how many calls run now."""
        return self._running.get(key, 0)

    def _count(self, key: str, more: Spent) -> None:
        account = self._spent.setdefault(key, _Account())
        account.new = account.new.plus(more)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE)
            await self._write_or_warn()

    async def _write_or_warn(self) -> None:
        try:
            await self._write([key for key, account in self._spent.items() if any(account.new)])
        except Exception as error:  # counted again with the next
            logger.warning("spending was not written: %s", type(error).__name__)

    async def _write(self, keys: list[str]) -> None:
        """Add what is new and take over the sums. In one order, so that processes do not block each other."""
        if not keys:
            return
        async with self._writing:
            new = {key: self._spent[key].new for key in sorted(keys)}
            columns = [list(new), *map(list, zip(*new.values(), strict=True))]
            async with (await control_database.pool()).connection() as connection:
                sums = await (await connection.execute(_ADD, [self._day, *columns])).fetchall()
            for key, *known in sums:
                account = self._spent[key]
                account.known, account.new = Spent(*known), account.new.less(new[key])


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
        _check(budget, ledger.running(key), ledger.spent(key))
    ledger.begin(list(keys))
    return Purse(
        row_limit=_lowest(each.rows for each in budgets),
        byte_limit=_lowest(each.bytes for each in budgets),
        timeout_ms=_lowest(each.seconds and each.seconds * 1000 for each in budgets),
        plan_cost=_lowest(each.plan_cost for each in budgets),
        keys=tuple(keys),
    )


def _lowest(limits: Iterable[int | None]) -> int | None:
    return min((each for each in limits if each is not None), default=None)


async def _close(purse: Purse) -> None:
    _ledger.get().end(list(purse.keys), Spent(rows=purse.rows, bytes=purse.bytes))


def _check(budget: Budget, running: int, spent: Spent) -> None:
    whose = _WHOSE[budget.level]
    if budget.concurrent_calls is not None and running >= budget.concurrent_calls:
        told = f"{running} calls under the budget of {whose} run already. Wait until one ends."
        raise Exhausted("BUDGET_CONCURRENT_CALLS", told)
    for name, used, most in zip(Spent._fields, spent, _a_day(budget), strict=True):
        if most is not None and used >= most:
            told = f"The budget of {whose}, {most} {name} a day, is used up. It begins anew at 00:00 UTC."
            raise Exhausted(f"BUDGET_{name.upper()}_PER_DAY", f"{told} An account admin can raise it.")


def _a_day(budget: Budget) -> tuple[int | None, ...]:
    """Return the limits of a day, in the order of Spent."""
    return budget.calls_per_day, budget.rows_per_day, budget.bytes_per_day


async def _load() -> Mapping[tuple[str, str], Budget]:
    async with (
        (await control_database.pool()).connection() as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        rows = await (await cursor.execute(_BUDGETS)).fetchall()
    return {(row["level"], row["subject"]): Budget(**row) for row in rows}


def _today() -> date:
    return datetime.now(UTC).date()

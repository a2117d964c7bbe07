"""connections.budgets and connections.spending: limits are set by admins and obeyed by every process."""

import asyncio
from concurrent.futures import CancelledError
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from accounts.errors import Invalid, NotFound
from audit import event_loop
from audit.event import NOBODY
from audit.models import AuditEvent
from connections import budgets, spending
from connections.grant import Client, Grant, Narrowing, Principal
from connections.models import Budget, Spending
from connections.spending import Exhausted
from tests.waiting import until


def grant_of(principal_id=7, *, client=None, token=None):
    principal = Principal(principal_id, "person", "bob@example.com", frozenset(), False, False)
    return Grant(
        principal=principal,
        client=Client(client, client, frozenset()) if client else None,
        credential_kind="pat" if token else "oauth",
        credential_id=token or "",
        session_id=None,
        scopes=frozenset(),
        audience=("/",),
        narrowing=Narrowing(),
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        address=None,
    )


def spend(grant, catalog="demo", rows=0, bytes_=0):
    async def go():
        async with spending.spend(grant, [catalog]) as purse:
            purse.rows, purse.bytes = rows, bytes_
            return purse

    return event_loop.run(go())


@pytest.fixture
def put(transactional_db):
    """Set a budget and wait until this process obeys it."""

    def put(level, subject="", **limits):
        budgets._exists, exists = (lambda *_names: True), budgets._exists
        try:
            budgets.put(level, subject, limits, by=NOBODY)
        finally:
            budgets._exists = exists
        until(lambda: (level, subject) in event_loop.run(spending._budgets.read("all", spending._load)), limit=1)

    return put


@pytest.fixture(autouse=True)
def fresh_ledger(transactional_db):
    async def forget():
        ledger = spending._ledger.get()
        async with ledger._writing:  # what is being written now is of the test before
            ledger._spent.clear()
        spending._budgets.clear()

    event_loop.run(forget())
    Spending.objects.all().delete()


def test_without_a_budget_nothing_is_counted(transactional_db):
    assert spend(grant_of()).keys == ()
    assert not Spending.objects.exists()


@pytest.mark.parametrize(
    ("level", "subject", "grant"),
    [
        ("account", "", grant_of()),
        ("catalog", "demo", grant_of()),
        ("client", "app-1", grant_of(client="app-1")),
        ("token", "t-1", grant_of(token="t-1")),
    ],
)
def test_calls_of_a_day_end_at_the_budget_of_each_level(put, level, subject, grant):
    put(level, subject, calls_per_day=2)
    for _ in range(2):
        spend(grant)
    with pytest.raises(Exhausted, match=r"2 calls a day, is used up\. It begins anew at 00:00 UTC") as refused:
        spend(grant)
    assert (refused.value.code, refused.value.is_refusal) == ("BUDGET_CALLS_PER_DAY", True)
    other = grant_of(8, client=grant.client.id if grant.client else None, token=grant.credential_id or None)
    spend(other)  # each principal has its own


def test_what_lies_outside_is_not_counted(put):
    put("catalog", "demo", calls_per_day=1)
    put("client", "app-1", calls_per_day=1)
    for _ in range(3):
        spend(grant_of(client="app-2"), "other")


def test_rows_are_counted_when_they_are_known(put):
    put("account", rows_per_day=10)
    spend(grant_of(), rows=9)
    spend(grant_of(), rows=9)
    with pytest.raises(Exhausted) as refused:
        spend(grant_of())
    assert refused.value.code == "BUDGET_ROWS_PER_DAY"


def test_bytes_are_counted_when_they_are_known(put):
    put("catalog", "demo", bytes_per_day=1_000)
    spend(grant_of(), bytes_=999)
    spend(grant_of(), bytes_=5)
    with pytest.raises(Exhausted, match="The budget of this catalog, 1000 bytes a day, is used up") as refused:
        spend(grant_of())
    assert refused.value.code == "BUDGET_BYTES_PER_DAY"
    spend(grant_of(), "other")


def test_calls_at_one_time_end_at_the_budget(put):
    put("catalog", "demo", concurrent_calls=1)

    async def go():
        async with spending.spend(grant_of(), ["demo"]):
            async with spending.spend(grant_of(8), ["demo"]):
                pass
            with pytest.raises(Exhausted) as refused:
                async with spending.spend(grant_of(), ["demo"]):
                    pass
            return refused.value.code

    assert event_loop.run(go()) == "BUDGET_CONCURRENT_CALLS"
    spend(grant_of())


def test_a_call_that_fails_or_is_cancelled_ends(put):
    put("account", concurrent_calls=1)

    async def fail(error):
        async with spending.spend(grant_of(), ["demo"]):
            raise error

    with pytest.raises(ValueError, match="wrong"):
        event_loop.run(fail(ValueError("wrong")))
    with pytest.raises((asyncio.CancelledError, CancelledError)):
        event_loop.run(fail(asyncio.CancelledError()))
    spend(grant_of())


def test_the_lowest_limits_of_one_call_hold(put):
    put("account", rows=100, seconds=5, bytes=2_000, plan_cost=70)
    put("catalog", "demo", rows=50, seconds=20)
    put("client", "app-1", bytes=1_000, plan_cost=80)
    purse = spend(grant_of(client="app-1"))
    assert (purse.row_limit, purse.timeout_ms, purse.byte_limit, purse.plan_cost) == (50, 5000, 1_000, 70)


def test_processes_see_what_the_others_spent(put):
    put("account", calls_per_day=5, rows_per_day=100)
    spend(grant_of(), rows=7, bytes_=70)
    spent = Spending.objects.filter(key="account::7")
    until(lambda: spent.filter(calls=1, rows=7, bytes=70).exists(), limit=10)
    spent.update(calls=F("calls") + 3)  # another process
    spend(grant_of())
    until(lambda: spent.filter(calls=5).exists(), limit=10)
    until(lambda: event_loop.run(known("account::7")) == 5, limit=10)  # the sums have arrived here too
    with pytest.raises(Exhausted):
        spend(grant_of())


async def known(key):
    return spending._ledger.get().spent(key).calls


def test_a_process_that_starts_knows_what_was_spent(put):
    Spending.objects.create(day=datetime.now(UTC).date(), key="account::7", calls=5, rows=0)
    Spending.objects.create(day=datetime.now(UTC).date() - timedelta(days=1), key="account::8", calls=5, rows=0)
    put("account", calls_per_day=5)
    with pytest.raises(Exhausted):
        spend(grant_of())
    spend(grant_of(8))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("level", "subject", "limits", "field"),
    [
        ("planet", "", {"rows": 1}, "level"),
        ("account", "x", {"rows": 1}, "subject"),
        ("catalog", "nothing", {"rows": 1}, "subject"),
        ("client", "\0", {"rows": 1}, "subject"),
        ("token", "", {"rows": 1}, "subject"),
        ("account", "", {}, "calls_per_day"),
        ("account", "", {"rows": 0}, "rows"),
        ("account", "", {"seconds": 3_000_000_000}, "seconds"),
    ],
)
def test_a_budget_that_means_nothing_is_refused(level, subject, limits, field):
    with pytest.raises(Invalid) as refused:
        budgets.put(level, subject, limits, by=NOBODY)
    assert field in refused.value.errors
    assert not Budget.objects.exists()


@pytest.mark.django_db
def test_a_budget_is_replaced_and_removed_with_a_record_of_before_and_after():
    budgets.put("account", "", {"rows": 5, "calls_per_day": 9}, by=NOBODY)
    budgets.put("account", "", {"rows": 6}, by=NOBODY)
    budgets.remove("account", "", by=NOBODY)
    with pytest.raises(NotFound):
        budgets.remove("account", "", by=NOBODY)
    told = AuditEvent.objects.filter(object="account").order_by("id").values_list("action", "details")
    assert list(told) == [
        ("budget.set", {"before": None, "after": {"calls_per_day": 9, "rows": 5}}),
        ("budget.set", {"before": {"calls_per_day": 9, "rows": 5}, "after": {"rows": 6}}),
        ("budget.remove", {"before": {"rows": 6}, "after": None}),
    ]

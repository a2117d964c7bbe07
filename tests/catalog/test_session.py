"""catalog.session: limits, cancellation, errors, and what one call leaves for the next."""

import asyncio
import contextlib
import dataclasses

import pytest

from audit import event_loop
from catalog import functions, session, snapshot
from catalog.errors import CallFailed, TimedOut
from catalog.execution import Limits
from tests.catalog.conftest import as_admin
from tests.waiting import until

pytestmark = pytest.mark.django_db


def counted(workshop):
    with as_admin(workshop.database) as owner:
        return [row[0] for row in owner.execute("SELECT n FROM shop.counter ORDER BY n")]


def running(shop):
    """What the login role's sessions are doing right now."""
    with as_admin() as admin:
        rows = admin.execute(
            "SELECT query FROM pg_stat_activity WHERE usename = %s AND state <> 'idle'", (shop.catalog.user,)
        )
        return [row[0] for row in rows]


def sessions(shop):
    with as_admin() as admin:
        return admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = %s", (shop.catalog.user,)
        ).fetchone()[0]


def begin(shop, name, arguments, **limits):
    """Start a call on the owning loop and wait until its statement runs."""
    work = functions.call(shop.function(name), arguments, caller=shop.caller, limits=Limits(**limits))
    future = asyncio.run_coroutine_threadsafe(work, event_loop.owner())
    until(lambda: any(name in query for query in running(shop)))
    return future


def test_nothing_stays_on_a_connection_for_the_next_call_s10(shop):
    before = shop.call("state").rows
    assert shop.value("leave_state") == "left"
    assert shop.call("state").rows == before == [["3s", "pg_catalog,pg_temp", "on", "UTC", 0, 0]]


def test_state_set_straight_on_a_connection_is_gone_for_the_next_call_s10(shop):
    async def leave():
        lane = await session.lane(await snapshot.header(shop.catalog.name))

        async def work(connection):
            await connection.execute("SET statement_timeout = 0")
            await connection.execute("SET search_path = shop")
            await connection.execute("LISTEN gossip")
            await connection.execute("SELECT pg_advisory_lock(42)")
            await connection.execute("BEGIN READ ONLY")
            await connection.execute("DECLARE kept CURSOR WITH HOLD FOR SELECT 1")
            await connection.execute("COMMIT")
            await connection.execute("BEGIN")
            return await (await connection.execute("SELECT pg_backend_pid()")).fetchone()

        await lane.run(work, 5, repeatable=True)

        async def look(connection):
            rows = await connection.execute(
                "SELECT current_setting('statement_timeout'), current_setting('search_path'),"
                " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
                " (SELECT count(*) FROM pg_listening_channels()), (SELECT count(*) FROM pg_cursors WHERE name = 'kept')"
            )
            return await rows.fetchone()

        return await lane.run(look, 5, repeatable=True)

    assert event_loop.run(leave()) == ("3s", "pg_catalog,pg_temp", 0, 0, 0)


def test_the_servers_own_limit_ends_a_slow_call(shop):
    with pytest.raises(TimedOut) as failure:
        shop.call("sleep", {"seconds": 60})
    assert failure.value.code == "57014"
    assert running(shop) == []


def test_a_callers_lower_limit_ends_it_earlier(shop):
    with pytest.raises(TimedOut, match="time limit"):
        shop.call("sleep", {"seconds": 60}, timeout_ms=200)
    until(lambda: running(shop) == [], 1)
    assert shop.value("add", {"a": 1}) == 11


def test_a_function_that_swallows_cancellation_is_ended_by_the_watchdog_s11(shop):
    with pytest.raises(TimedOut):
        shop.call("stubborn", timeout_ms=200)
    until(lambda: running(shop) == [], 5)


def test_statement_timeout_switched_off_does_not_hold_off_the_watchdog_s11(shop):
    async def switched_off():
        lane = await session.lane(await snapshot.header(shop.catalog.name))

        async def work(connection):
            await connection.execute("SET statement_timeout = 0")
            await connection.execute("SELECT pg_sleep(60)")

        await lane.run(work, 0.3, repeatable=True)

    with pytest.raises(TimedOut):
        event_loop.run(switched_off())
    until(lambda: running(shop) == [], 1)


def test_a_caller_that_goes_away_ends_its_statement_within_a_second_s13(shop):
    future = begin(shop, "sleep", {"seconds": 60})
    future.cancel()
    assert until(lambda: running(shop) == []) < 1
    assert shop.value("add", {"a": 1}) == 11


def test_calls_cancelled_at_any_moment_leave_a_good_lane_s13(shop):
    async def impatient(function, seconds):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await functions.call(function, {"seconds": 30}, caller=shop.caller)

    async def several():
        (function,) = await functions.visible(shop.catalog.name, "shop", shop.caller, function="sleep")
        await asyncio.gather(*(impatient(function, number / 500) for number in range(30)))  # more than connections

    event_loop.run(several())
    until(lambda: running(shop) == [])
    assert shop.value("add", {"a": 1}) == 11


def test_a_reading_call_cannot_write(shop, workshop):
    reading = dataclasses.replace(shop.function("count_up"), writes=False)
    with pytest.raises(CallFailed) as failure:
        event_loop.run(functions.call(reading, {"n": 1}, caller=shop.caller))
    assert failure.value.code == "25006"
    assert counted(workshop) == []


def test_a_writing_function_commits_and_an_error_rolls_back(shop, workshop):
    try:
        assert shop.value("count_up", {"n": 7}) == 7
        assert counted(workshop) == [7]
        with pytest.raises(CallFailed) as failure:
            shop.call("count_up", {"n": 7})
        assert failure.value.code == "23505"
        assert counted(workshop) == [7]
        assert shop.value("add", {"a": 1}) == 11
    finally:
        with as_admin(workshop.database) as owner:
            owner.execute("TRUNCATE shop.counter")


@pytest.mark.parametrize("kind", ["cast", "missing", "forbidden", "raise"])
def test_errors_carry_no_value_name_or_host_s16(shop, kind):
    with pytest.raises(CallFailed) as failure:
        shop.call("fail", {"kind": kind})
    message = f"{failure.value.code} {failure.value.message} {failure.value}"
    for secret in ("canary", "secret", "hidden", "shop", shop.catalog.host, shop.catalog.user, shop.catalog.database):
        assert secret not in message
    assert ("canary" in failure.value.detail) is (kind in {"cast", "raise"})  # the audit record has the whole text


def test_missing_and_forbidden_are_told_alike_s16(shop):
    def told(kind):
        with pytest.raises(CallFailed) as failure:
            shop.call("fail", {"kind": kind})
        return failure.value.code, failure.value.message

    assert told("missing") == told("forbidden")


def test_a_connection_that_died_while_idle_is_replaced_without_a_word(shop):
    assert shop.value("add", {"a": 1}) == 11
    with as_admin() as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (shop.catalog.user,))
    until(lambda: sessions(shop) == 0)
    assert shop.value("add", {"a": 1}) == 11


def test_calls_wait_for_a_connection_and_never_open_too_many(shop):
    async def many():
        (function,) = await functions.visible(shop.catalog.name, "shop", shop.caller, function="sleep")
        calls = (functions.call(function, {"seconds": 0.01}, caller=shop.caller) for _ in range(40))
        return await asyncio.gather(*calls)

    assert len(event_loop.run(many())) == 40
    assert sessions(shop) <= shop.catalog.max_connections

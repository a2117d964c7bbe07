"""audit.record"""

import asyncio
import os
import signal
import subprocess
import sys
import uuid

import pytest
from django.conf import settings
from django.db import connection, transaction

from audit import control_database, event_loop, record
from audit.event import By, Event
from audit.models import AuditEvent


def event(**fields):
    return Event(action="test", outcome="allowed", by=By(request_id="r"), **fields)


@pytest.mark.django_db
def test_an_administrative_record_belongs_to_the_callers_transaction():
    with transaction.atomic():
        record.write(event())
        assert AuditEvent.objects.count() == 1
        transaction.set_rollback(True)
    assert AuditEvent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_record_outside_a_transaction_is_a_fault_of_the_caller():
    with pytest.raises(RuntimeError):
        record.write(event())


@pytest.mark.django_db(transaction=True)
def test_the_record_is_committed_when_durable_returns():
    sent = event(object="demo.sales.f", parameters={"id": 5}, details={"tool": "f"}, duration_ms=1.5, row_count=2)
    event_loop.run(record.durable(sent))
    stored = AuditEvent.objects.get(event_id=sent.event_id)
    assert (stored.at, stored.object, stored.parameters, stored.details) == (
        sent.at,
        "demo.sales.f",
        {"id": 5},
        {"tool": "f"},
    )
    assert (stored.request_id, stored.duration_ms, stored.row_count, stored.statement) == ("r", 1.5, 2, None)


@pytest.mark.django_db(transaction=True)
def test_the_caller_may_run_on_another_loop():
    asyncio.run(record.durable(event()))
    assert AuditEvent.objects.count() == 1


async def _many(number):
    await asyncio.gather(*(record.durable(event()) for _ in range(number)))


@pytest.mark.django_db(transaction=True)
def test_thousands_of_callers_at_once_share_a_few_commits():
    event_loop.run(_many(3000))
    assert AuditEvent.objects.count() == 3000
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM audit_auditevent")
        assert cursor.fetchone()[0] <= 10


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_caller_takes_nothing_back_and_harms_nobody():
    async def scene():
        tasks = [asyncio.ensure_future(record.durable(event(object=str(i)))) for i in range(100)]
        await asyncio.sleep(0)  # let each queue its record
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = event_loop.run(scene())
    assert all(isinstance(result, asyncio.CancelledError) for result in results[::2])
    assert results[1::2] == [None] * 50
    event_loop.run(record.durable(event()))
    assert AuditEvent.objects.count() == 101


def _end_backends():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'gatepost audit' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_broken_connection_is_replaced_without_loss():
    event_loop.run(record.durable(event()))
    for _ in range(5):
        assert _end_backends() == 1
        event_loop.run(_many(50))
    assert AuditEvent.objects.count() == 251


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_sent_twice_is_stored_once():
    sent = event()
    event_loop.run(record.durable(sent))
    event_loop.run(record.durable(sent))
    assert AuditEvent.objects.filter(event_id=sent.event_id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_call_is_refused_and_later_taken_again(monkeypatch):
    event_loop.close()
    with monkeypatch.context() as patch:
        patch.setitem(settings.DATABASES["default"], "OPTIONS", {"host": "127.0.0.1", "port": "1"})
        with pytest.raises(record.AuditUnavailable):
            event_loop.run(record.durable(event()))
    event_loop.run(record.durable(event()))
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_locked_table_is_refused_after_a_short_limit(monkeypatch):
    monkeypatch.setattr(record, "_LIMIT_SECONDS", 0.2)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK audit_auditevent IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(record.AuditUnavailable):
            event_loop.run(record.durable(event()))
    monkeypatch.undo()
    event_loop.run(record.durable(event()))


@pytest.mark.django_db(transaction=True)
def test_a_full_queue_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(record, "_LIMIT_WAITING", 10)

    async def scene():
        return await asyncio.gather(*(record.durable(event()) for _ in range(30)), return_exceptions=True)

    results = event_loop.run(scene())
    assert sum(result is None for result in results) == AuditEvent.objects.count() >= 10
    assert any(isinstance(result, record.AuditUnavailable) for result in results)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_postgresql_refuses_fails_alone():
    async def scene():
        bad = event(duration_ms="soon")
        return await asyncio.gather(*(record.durable(e) for e in (event(), bad, event())), return_exceptions=True)

    results = event_loop.run(scene())
    assert results[0] is results[2] is None
    assert isinstance(results[1], record.AuditUnavailable)
    assert AuditEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_waits_is_committed_before_the_loop_closes():
    async def server():
        event_loop.adopt(asyncio.get_running_loop())
        tasks = [asyncio.ensure_future(record.durable(event())) for _ in range(20)]
        await asyncio.sleep(0)  # let each queue its record
        await event_loop.aclose()
        await asyncio.gather(*tasks)

    event_loop.close()
    asyncio.run(server())
    assert AuditEvent.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_a_role_without_synchronous_commits_does_not_weaken_the_promise(monkeypatch):
    event_loop.close()
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {"options": "-c synchronous_commit=off"})

    async def shown():
        writer = await record._connect()
        cursor = await writer.execute("SHOW synchronous_commit")
        shown = await cursor.fetchone()
        await writer.close()
        return shown

    assert event_loop.run(shown()) == ("on",)


_VICTIM = """
import asyncio, sys, django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from audit import event_loop, record
from audit.event import Event

async def caller():
    while True:
        event = Event(action="victim", outcome="allowed")
        await record.durable(event)
        sys.stdout.write(f"{event.event_id}\\n")
        sys.stdout.flush()

async def main():
    event_loop.adopt(asyncio.get_running_loop())
    await asyncio.gather(*(caller() for _ in range(8)))

asyncio.run(main())
"""


@pytest.mark.django_db(transaction=True)
def test_kill_9_loses_no_acknowledged_record():
    name = settings.DATABASES["default"]["NAME"]
    victim = subprocess.Popen([sys.executable, "-c", _VICTIM, name], stdout=subprocess.PIPE, env=os.environ, text=True)
    acknowledged = [victim.stdout.readline() for _ in range(200)]
    victim.send_signal(signal.SIGKILL)
    acknowledged += victim.stdout.read().splitlines(keepends=True)
    victim.stdout.close()
    assert victim.wait(5) == -signal.SIGKILL
    ids = {uuid.UUID(text.strip()) for text in acknowledged if text.endswith("\n")}
    assert len(ids) >= 200
    assert AuditEvent.objects.filter(event_id__in=ids).count() == len(ids)


@pytest.mark.django_db(transaction=True)
def test_the_pool_speaks_to_the_database_that_django_uses():
    async def name():
        async with (await control_database.pool()).connection() as pooled:
            return await (await pooled.execute("SELECT current_database()")).fetchone()

    assert event_loop.run(name()) == (settings.DATABASES["default"]["NAME"],)


def test_the_pool_is_not_for_other_loops():
    with pytest.raises(RuntimeError):
        asyncio.run(control_database.pool())


@pytest.mark.django_db(transaction=True)
def test_the_pool_survives_the_loss_of_its_connections():
    async def ask():
        async with (await control_database.pool()).connection() as pooled:
            await pooled.execute("SELECT 1")

    event_loop.run(ask())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'gatepost' AND datname = current_database()"
        )
    event_loop.run(ask())

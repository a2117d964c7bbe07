"""accounts.freshness"""

import asyncio
import socket
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import update_last_login
from django.db import connection, transaction

from accounts import freshness
from accounts.freshness import FreshCache
from accounts.models import NetworkAccessList
from audit import event_loop
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

NOTICED_WHEN_CHANGED = (
    "accounts_user",
    "accounts_group",
    "accounts_personalaccesstoken",
    "accounts_serviceaccountsecret",
    "connections_appintegration",
    "connections_clientsecret",
    "connections_consent",
    "connections_session",
    "connections_accesstoken",
)
NOTICED_WHEN_MADE = (
    "accounts_account",
    "accounts_user_groups",
    "accounts_networkaccesslist",
    "catalog_catalog",
    "catalog_schema",
    "catalog_relation",
    "catalog_routine",
    "catalog_privilege",
)
SILENT = ("accounts_credentialuse", "audit_auditevent", "django_session", "connections_refreshtoken", "jobs_job")


@pytest.fixture
def fresh():
    until(freshness.is_fresh)


@pytest.fixture
def settled(fresh):
    """Wait until the notices of what the test made before have arrived: notices come before a later answer."""
    now = time.monotonic()
    until(lambda: freshness._Channel.fresh_until > now + freshness._PROOF)
    event_loop.run(asyncio.sleep(0.01))  # let the listener read what came with that answer


def sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


@pytest.mark.parametrize("table", NOTICED_WHEN_CHANGED + NOTICED_WHEN_MADE)
def test_changing_and_deleting_rows_is_noticed(fresh, table):
    before = freshness.generation()
    sql(f"DELETE FROM {table} WHERE false")
    assert until(lambda: freshness.generation() > before) < 1


@pytest.mark.parametrize("table", NOTICED_WHEN_MADE)
def test_new_rows_are_noticed(fresh, table):
    before = freshness.generation()
    sql(f"INSERT INTO {table} SELECT * FROM {table} WHERE false")
    assert until(lambda: freshness.generation() > before) < 1


@pytest.mark.parametrize("table", SILENT)
def test_what_changes_with_every_call_is_not_noticed(settled, table):
    before = freshness.generation()
    sql(f"INSERT INTO {table} SELECT * FROM {table} WHERE false")
    sql("NOTIFY gatepost_changed")
    until(lambda: freshness.generation() > before)
    assert freshness.generation() == before + 1


def test_a_sign_in_is_not_noticed(alice, settled):
    before = freshness.generation()
    update_last_login(None, alice)
    sql("NOTIFY gatepost_changed")
    until(lambda: freshness.generation() > before)
    assert freshness.generation() == before + 1


def test_many_changes_in_one_transaction_are_one_notice(alice, bob, settled):
    before = freshness.generation()
    with transaction.atomic():
        alice.save()
        bob.delete()
        NetworkAccessList.objects.all().delete()
    until(lambda: freshness.generation() > before)
    sql("NOTIFY gatepost_changed")
    until(lambda: freshness.generation() > before + 1)
    assert freshness.generation() == before + 2


def test_what_is_remembered_is_forgotten_at_a_notice(alice, settled):
    cache = FreshCache(10)
    cache.put("key", "value", freshness.generation())
    assert cache.get("key") == "value"
    alice.is_active = False
    alice.save()
    assert until(lambda: cache.get("key") is None) < 1


def test_what_was_read_before_a_notice_is_not_remembered(settled):
    cache = FreshCache(10)
    before = freshness.generation()
    sql("NOTIFY gatepost_changed")
    until(lambda: freshness.generation() > before)
    cache.put("key", "value", before)
    assert cache.get("key") is None


def test_the_memory_is_bounded_and_drops_the_oldest(settled):
    cache = FreshCache(3)
    now = freshness.generation()
    for key in "abcd":
        cache.put(key, key, now)
    assert [cache.get(key) for key in "abcd"] == [None, "b", "c", "d"]


def test_what_is_out_of_date_takes_no_room(settled):
    cache = FreshCache(3)
    before = freshness.generation()
    cache.put("old", "value", before)
    sql("NOTIFY gatepost_changed")
    until(lambda: freshness.generation() > before)
    cache.put("new", "value", freshness.generation())
    assert list(cache._entries) == ["new"]


class Slow:
    """A read that takes until it is released, and counts how often it was begun."""

    def __init__(self, answers):
        self.answers = iter(answers)
        self.begun = 0
        self.released = asyncio.Event()

    async def load(self):
        self.begun += 1
        answer = next(self.answers)
        await self.released.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def begin(cache, slow):
    """Ask, and let the question start."""
    asked = asyncio.ensure_future(cache.read("key", slow.load))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return asked


def test_equal_questions_at_one_time_are_asked_once_though_the_first_asker_goes_away(settled):
    async def ask():
        cache, slow = FreshCache(3), Slow(["answer"])
        first, *others = [await begin(cache, slow) for _ in range(100)]
        first.cancel()
        slow.released.set()
        return slow.begun, set(await asyncio.gather(*others)), cache.get("key")

    assert event_loop.run(ask()) == (1, {"answer"}, "answer")


def test_a_question_after_a_notice_does_not_join_a_read_that_began_before_it(settled):
    async def ask():
        cache, slow = FreshCache(3), Slow(["before", "after"])
        early = await begin(cache, slow)
        freshness._changed()
        late = await begin(cache, slow)
        slow.released.set()
        return await early, await late, cache.get("key")

    assert event_loop.run(ask()) == ("before", "after", "after")


def test_without_notices_a_question_waits_for_a_read_that_begins_after_it_and_shares_it(settled, monkeypatch):
    async def ask():
        cache, slow = FreshCache(3), Slow(["before", "after"])
        early = await begin(cache, slow)
        monkeypatch.setattr(freshness, "is_fresh", lambda: False)
        late = [await begin(cache, slow) for _ in range(100)]
        slow.released.set()
        return await early, set(await asyncio.gather(*late)), slow.begun

    assert event_loop.run(ask()) == ("before", {"after"}, 2)


def test_a_read_that_failed_is_asked_again(settled):
    async def ask():
        cache, slow = FreshCache(3), Slow([LookupError(), "answer"])
        slow.released.set()
        with pytest.raises(LookupError):
            await cache.read("key", slow.load)
        return await cache.read("key", slow.load)

    assert event_loop.run(ask()) == "answer"


def test_nothing_is_remembered_for_long(fresh, monkeypatch):
    monkeypatch.setattr(freshness, "_LIFETIME", 0.0)
    cache = FreshCache(3)
    cache.put("key", "value", freshness.generation())
    assert cache.get("key") is None


def test_callbacks_run_after_a_notice(fresh, monkeypatch):
    called = threading.Event()
    monkeypatch.setattr(freshness._Channel, "callbacks", [])
    freshness.on_change(called.set)
    sql("NOTIFY gatepost_changed")
    assert called.wait(5)


def test_nothing_is_fresh_while_the_connection_is_down_and_a_change_is_felt_at_once(settled, monkeypatch):
    cache = FreshCache(3)
    before = freshness.generation()
    cache.put("key", "old", before)
    monkeypatch.setattr(freshness, "_SHORTEST_PAUSE", 0.5)
    sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'gatepost changes' AND datname = current_database()"
    )
    assert until(lambda: cache.get("key") is None) < 0.5
    until(freshness.is_fresh)
    assert freshness.generation() > before
    assert cache.get("key") is None


class Link:
    """A TCP link to the database that can go dead without a word."""

    def __init__(self):
        self.is_dead = threading.Event()
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        self.sockets = [self.door]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near = self.door.accept()[0]
            except OSError:
                return
            far = self._connect()
            self.sockets += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _connect(self):
        database = settings.DATABASES["default"]
        host, port = database["HOST"], database["PORT"] or "5432"
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(Path(host) / f".s.PGSQL.{port}"))
        return far

    def _copy(self, source, target):
        try:
            while data := source.recv(65536):
                if not self.is_dead.is_set():
                    target.sendall(data)
        except OSError:
            return

    def close(self):
        for each in self.sockets:
            each.close()


def test_a_connection_that_dies_without_a_word_is_noticed_within_a_second(fresh, monkeypatch):
    event_loop.close()
    link = Link()
    given = settings.DATABASES["default"]["OPTIONS"]
    with monkeypatch.context() as patch:
        options = given | {"host": "127.0.0.1", "port": str(link.port), "sslmode": "disable"}
        patch.setitem(settings.DATABASES["default"], "OPTIONS", options)
        until(freshness.is_fresh)
    link.is_dead.set()
    assert until(lambda: not freshness.is_fresh()) < 1
    link.close()
    until(freshness.is_fresh)

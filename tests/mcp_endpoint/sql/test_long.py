"""Statements that outlive their call: one run, a handle for its owner, a result for a while. mcp.md 4.5."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.utils import timezone

from accounts import sealing
from catalog import tasks
from catalog.models import LongStatement
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
READ = {"query": "SELECT id FROM sales.orders ORDER BY id"}
LOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(autouse=True)
def _short(settings):
    settings.GATEPOST_SQL_WAIT_SECONDS = 0.3


@pytest.fixture
def admin(strangers):
    with psycopg.connect(strangers.admin_url, autocommit=True) as connection:
        yield connection


@contextmanager
def locked(strangers, table):
    """Nobody gets at the table until the block ends."""
    with psycopg.connect(strangers.admin_url) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield holder


def begin(sql, name, arguments, **how):
    found = sql.rows(name, arguments, **how)
    assert (found["state"], found["rows"], found["columns"]) == ("RUNNING", [], [])
    return found["statement_id"]


def poll(sql, id_, **how):
    return sql.call("poll_sql_result", {"statement_id": id_}, **how)


def code(result):
    return result["_meta"]["gatepost/code"]


def ended(sql, id_, **how):
    """The answer when it no longer runs."""
    answers = []
    until(
        lambda: (
            answers.append(poll(sql, id_, **how)) or answers[-1].get("structuredContent", {}).get("state") != "RUNNING"
        )
    )
    return answers[-1]


@requirement("SQL-LONG")
def test_a_long_read_is_fetched_later_and_ran_once(sql, strangers, admin, recorded):
    with locked(strangers, "sales.orders"):
        id_ = begin(sql, "execute_sql_read_only", READ)
        assert poll(sql, id_)["structuredContent"]["state"] == "RUNNING"
        assert admin.execute(LOCKED).fetchone() == (1,)
        shown = sql.rows("show_running_queries")
        assert [(row[0], row[1], row[6]) for row in shown["rows"]] == [(id_, "strangers", READ["query"])]
    result = ended(sql, id_)["structuredContent"]
    assert (result["rows"], result["columns"], result["state"]) == ([[1], [2], [3]], ["id"], "SUCCEEDED")
    assert poll(sql, id_)["structuredContent"] == result
    until(
        lambda: (
            [r.reason for r in recorded() if r.details["tool"] == "execute_sql_read_only"] == ["running", "finished"]
        )
    )
    assert sql.rows("show_running_queries")["rows"] == []


@requirement("SQL-LONG")
def test_the_handle_works_for_its_owner_only(sql, strangers):
    with locked(strangers, "sales.orders"):
        id_ = begin(sql, "execute_sql_read_only", READ)
        for name in ("poll_sql_result", "cancel_sql"):
            assert code(sql.call(name, {"statement_id": id_}, who="alice")) == "NOT_FOUND"
        assert sql.rows("show_running_queries", who="alice")["rows"] == []
    assert ended(sql, id_)["structuredContent"]["state"] == "SUCCEEDED"
    assert code(poll(sql, "0" * 32)) == "NOT_FOUND"
    assert "expected" in sql.call("poll_sql_result", {"statement_id": "x"})["content"][0]["text"]


def test_a_long_write_has_attempt_answer_and_outcome_on_record(sql, strangers, recorded):
    query = {"query": "UPDATE sales.notes SET body = 'long' WHERE id = 1 RETURNING id"}
    with locked(strangers, "sales.notes"):
        id_ = begin(sql, "execute_sql", query, who="writer")
    result = ended(sql, id_, who="writer")["structuredContent"]
    assert (result["rows"], result["affected_rows"]) == ([[1]], 1)

    def records():
        return [r for r in recorded() if r.details["tool"] == "execute_sql"]

    until(lambda: len(records()) == 3)
    attempt, answer, outcome = records()
    assert [(r.outcome, r.reason) for r in records()] == [
        ("attempt", ""),
        ("allowed", "running"),
        ("allowed", "finished"),
    ]
    assert answer.attempt_id == outcome.attempt_id == attempt.event_id


def test_a_statement_is_cancelled_and_gone_from_the_database(sql, strangers, admin):
    with locked(strangers, "sales.orders"):
        id_ = begin(sql, "execute_sql_read_only", READ)
        assert sql.rows("cancel_sql", {"statement_id": id_})["state"] == "RUNNING"
        assert code(ended(sql, id_)) == "CANCELED"
        until(lambda: admin.execute(LOCKED).fetchone() == (0,), limit=1)


@requirement("SQL-LONG")
def test_a_statement_whose_call_still_waits_is_cancelled_by_another_call(sql, strangers, settings):
    settings.GATEPOST_SQL_WAIT_SECONDS = 30

    def shown():
        return sql.rows("show_running_queries")["rows"]

    with locked(strangers, "sales.orders"), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sql.call, "execute_sql_read_only", READ)
        until(shown)
        assert sql.rows("cancel_sql", {"statement_id": shown()[0][0]})["state"] == "RUNNING"
        assert code(waiting.result(5)) == "CANCELED"
    assert shown() == []


def test_a_failure_is_told_later_without_values(sql, strangers):
    with locked(strangers, "sales.customers"):
        id_ = begin(sql, "execute_sql_read_only", {"query": "SELECT name::int FROM sales.customers WHERE id = 1"})
    result = ended(sql, id_)
    assert code(result) == "22P02"
    assert "Ada" not in str(result)


def test_a_privilege_that_is_taken_away_ends_the_statement(sql, strangers, control, admin):
    view = "WHERE object = 'as_owner'"
    with locked(strangers, "hr.salaries"):
        id_ = begin(sql, "execute_sql_read_only", {"query": "SELECT * FROM sales.as_owner"}, who="alice")
        until(lambda: admin.execute(LOCKED).fetchone() == (1,))
        control.execute(f"UPDATE catalog_privilege SET action = 'MODIFY' {view}")
        try:
            assert code(ended(sql, id_, who="alice")) == "privilege_revoked"
            until(lambda: admin.execute(LOCKED).fetchone() == (0,), limit=1)
        finally:
            control.execute(f"UPDATE catalog_privilege SET action = 'SELECT' {view}")


def make(control, world, **fields):
    """A statement of bob as another process left it."""
    now = timezone.now()
    row = {
        "id": secrets.token_hex(16),
        "catalog_id": world.catalog.pk,
        "principal_id": world.people["bob"].pk,
        "principal_name": "bob@example.com",
        "client_id": "",
        "writes": False,
        "query_sealed": sealing.seal("SELECT 1", purpose="statement"),
        "state": "RUNNING",
        "answer_sealed": None,
        "cancel_asked": False,
        "started_at": now,
        "seen_at": now,
        "finished_at": None,
        **fields,
    }
    places = ", ".join(f"%({name})s" for name in row)
    control.execute(f"INSERT INTO catalog_longstatement ({', '.join(row)}) VALUES ({places})", row)
    return row["id"]


def test_when_the_process_died_the_outcome_is_interrupted(sql, world, control):
    for writes, words in ((False, "ended."), (True, "not known")):
        id_ = make(control, world, writes=writes, seen_at=timezone.now() - timedelta(minutes=1))
        result = poll(sql, id_)
        assert code(result) == "INTERRUPTED"
        assert words in result["content"][0]["text"]
    assert sql.rows("show_running_queries")["rows"] == []


def test_old_results_are_gone_and_swept(sql, world, control):
    control.execute("DELETE FROM catalog_longstatement")  # the sweep below is rolled back with the test
    old = timezone.now() - timedelta(minutes=16)
    id_ = make(control, world, seen_at=old, finished_at=old, state="SUCCEEDED", answer_sealed=b"")
    make(control, world, seen_at=old)
    kept = make(control, world)
    assert code(poll(sql, id_)) == "NOT_FOUND"
    assert tasks.sweep_statements(None) == {"results": 1, "lost": 1}
    assert list(LongStatement.objects.values_list("id", flat=True)) == [kept]

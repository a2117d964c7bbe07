"""sql-safety.md 4 through the tools: whatever is sent, the canary stays in and a read changes nothing.

GATEPOST_TEST_FUZZ=20000 makes the run long and its statements new; without it a short run repeats itself.
"""

import os
import random
import time
from collections import Counter

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from tests.catalog.fuzz.statements import respell, statements
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
LONG = int(os.environ.get("GATEPOST_TEST_FUZZ", "0"))
PARTS = 4 if LONG else 1  # for as many processes
LIMIT_MS = 300
STATE = """
SELECT (SELECT array_agg(n) FROM sales.counter), (SELECT array_agg(c) FROM sales.customers c),
    (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_largeobject_metadata),
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())),
    (SELECT r::text FROM pg_roles r WHERE rolname = %(role)s),
    (SELECT array_agg(s) FROM pg_db_role_setting s WHERE setrole = %(role)s::regrole)
"""
NOTES = "SELECT array_agg(n ORDER BY id, body) FROM sales.notes n"


class Laboratory:
    def __init__(self, sql, strangers, admin):
        self.sql, self.strangers, self.admin = sql, strangers, admin
        self.state = self.look()
        self.seen = Counter()
        self.last_record = 0

    def look(self):
        return self.admin.execute(STATE, {"role": self.strangers.target.user}).fetchone()

    def notes(self):
        return self.admin.execute(NOTES).fetchone()

    def new_records(self):
        """The audit records since this was asked before."""
        records = list(AuditEvent.objects.filter(id__gt=self.last_record).order_by("id"))
        self.last_record = records[-1].id if records else self.last_record
        return records


@pytest.fixture(scope="module")
def laboratory(sql, strangers):
    with psycopg.connect(strangers.admin_url, autocommit=True) as admin:
        yield Laboratory(sql, strangers, admin)
        admin.execute("TRUNCATE sales.notes; INSERT INTO sales.notes VALUES (1, 'first')")


def check(laboratory, text, *, writes):
    sql, notes = laboratory.sql, laboratory.notes()
    params = {
        "name": "execute_sql" if writes else "execute_sql_read_only",
        "arguments": {"query": text},
        "_meta": {"statement_timeout_ms": LIMIT_MS},
    }
    for _ in range(2):  # a busy machine can be slow once
        laboratory.new_records()
        started = time.monotonic()
        answer = sql.ask("tools/call", params, who="writer" if writes else "bob")
        seconds = time.monotonic() - started
        if seconds < LIMIT_MS / 1000 + 2:
            break
    assert seconds < LIMIT_MS / 1000 + 2, text
    records = laboratory.new_records()
    told = answer.body.decode() + str([(record.details, record.reason, record.object) for record in records])
    assert laboratory.strangers.marker not in told, text
    assert "4711" not in told, text
    result = answer.json["result"]
    code = result.get("_meta", {}).get("gatepost/code", "allowed")
    assert code not in {"GP001", "25006", "INTERNAL"}, text
    assert [record.outcome for record in records] in (
        [["attempt", "allowed"], ["attempt", "failed"], ["allowed"], ["failed"], ["denied"]]
        if writes
        else [["allowed"], ["failed"], ["denied"]]
    ), text
    assert laboratory.look() == laboratory.state, text
    if not writes:
        assert laboratory.notes() == notes, text
    laboratory.seen[code] += 1


@requirement("S-FUZZ")
@pytest.mark.parametrize("part", range(PARTS))
@settings(
    max_examples=LONG // PARTS or 150,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=statements(), writes=st.booleans(), seed=st.integers(0, 2**16))
def test_no_statement_leaks_or_changes_what_it_must_not(laboratory, part, text, writes, seed):
    chance = random.Random(seed)  # noqa: S311 - spelling
    check(laboratory, respell(text, chance) if seed % 3 == 0 else text, writes=writes)


def test_the_run_was_worth_its_time(laboratory):
    """After the run: a good part was allowed."""
    if laboratory.seen:
        assert laboratory.seen["allowed"] > 10, laboratory.seen

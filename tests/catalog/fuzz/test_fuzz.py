"""Thousands of statements against the guard, and those it lets through against a database with a canary.

GATEPOST_TEST_FUZZ=20000 makes the run long and its statements new; without it a short run repeats itself.
"""

import json
import os
import random
import sys
from collections import Counter
from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.guard import Checked, Code, Held, Names, Refusal, inspect
from tests.catalog.fuzz.statements import respell, statements

LONG = int(os.environ.get("GATEPOST_TEST_FUZZ", "0"))
TRIPPED = "GP001"
EXPANDED = {("sales", "as_caller"): {("sales", "orders")}}
STATE = """
SELECT (SELECT array_agg(n) FROM sales.counter), (SELECT count(*) FROM sales.notes WHERE body = 'first'),
       current_setting('statement_timeout'), current_setting('search_path'), current_user::text,
       (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), (SELECT count(*) FROM pg_listening_channels()),
       (SELECT count(*) FROM pg_cursors), (SELECT count(*) FROM pg_prepared_statements),
       current_setting('app.tenant', true)
"""


class Laboratory:
    """One session as the login role, in which every statement is tried and rolled back."""

    def __init__(self, strangers) -> None:
        self.strangers = strangers
        self.connection = psycopg.connect(strangers.url, autocommit=True, prepare_threshold=None)
        self.connection.execute("SET statement_timeout = '300ms'")
        self.cursor = psycopg.RawCursor(self.connection)
        self.state = self.look()
        self.seen: Counter[str] = Counter()

    def look(self):
        return self.connection.execute(STATE).fetchone()

    def attempt(self, text: str, *, read_only: bool) -> tuple[str, object]:
        """Outcome and rows or message. The binary format means the extended protocol, with nothing prepared."""
        self.connection.execute("BEGIN READ ONLY" if read_only else "BEGIN")
        try:
            self.cursor.execute(text, binary=True)
            return "ran", self.cursor.fetchmany(500) if self.cursor.description else []
        except psycopg.Error as error:
            return error.sqlstate or "lost", str(error)
        finally:
            self.connection.rollback()

    def plan(self, text: str) -> set[tuple[str, str]] | None:
        """The tables in the plan, or None when there is none."""
        outcome, rows = self.attempt(f"EXPLAIN (FORMAT JSON, VERBOSE) {text}", read_only=True)
        if outcome != "ran":
            assert outcome != TRIPPED, text
            return None
        plan = rows[0][0]
        return set(_tables(json.loads(plan) if isinstance(plan, str) else plan))


def _tables(plan):
    if isinstance(plan, list):
        for each in plan:
            yield from _tables(each)
    elif isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan["Schema"], plan["Relation Name"]
        for each in plan.values():
            yield from _tables(each)


@pytest.fixture(scope="module")
def laboratory(strangers):
    laboratory = Laboratory(strangers)
    yield laboratory
    assert laboratory.look() == laboratory.state
    laboratory.connection.close()


def check(laboratory: Laboratory, text: str, *, writable: bool, chance: random.Random) -> None:
    names = laboratory.strangers.names
    answer = inspect(text, names, writable=writable)
    assert laboratory.strangers.marker not in str(answer)
    check_spelling(answer, text, names, chance, writable=writable)
    check_grants(answer, text, names, chance, writable=writable)
    laboratory.seen[answer.code if isinstance(answer, Refusal) else "allowed"] += 1
    if isinstance(answer, Checked):
        check_database(answer, text, laboratory)


def check_spelling(answer, text: str, names: Names, chance: random.Random, *, writable: bool) -> None:
    """Another spelling never changes the verdict."""
    if isinstance(answer, Refusal) and answer.code in (Code.SYNTAX, Code.TOO_LARGE):
        return
    other = respell(text, chance)
    again = inspect(other, names, writable=writable)
    if isinstance(answer, Refusal):
        assert isinstance(again, Refusal), other
        assert again.code == answer.code, other
    else:
        assert again == answer, other


def check_grants(answer, text: str, names: Names, chance: random.Random, *, writable: bool) -> None:
    """One grant more never refuses, one grant less never allows."""
    table, function = chance.choice(list(names.relations)), chance.choice(list(names.functions))
    for held in (Held.BY_NAME, Held.NO):
        relation = replace(names.relations[table], select=held, modify=held)
        overloads = tuple(replace(each, execute=held) for each in names.functions[function])
        usable = names.usable | {table[0]} if held else names.usable - {table[0]}
        others = [
            replace(names, relations={**names.relations, table: relation}),
            replace(names, functions={**names.functions, function: overloads}),
            replace(names, usable=frozenset(usable)),
        ]
        wrong = Refusal if held else Checked
        for other in others if isinstance(answer, Checked if held else Refusal) else []:
            assert not isinstance(inspect(text, other, writable=writable), wrong), (text, held, table, function)


def check_database(answer: Checked, text: str, laboratory: Laboratory) -> None:
    """Nothing leaks, nothing trips, nothing changes, and the plan holds no table that the guard did not name."""
    if not answer.explain:
        tables = laboratory.plan(text)
        if tables is not None:
            laboratory.seen["planned"] += 1
            listed = answer.reads | answer.written
            listed |= {inner for view in listed for inner in EXPANDED.get(view, ())}
            assert tables <= listed, (text, tables - listed)
    outcome, result = laboratory.attempt(text, read_only=not answer.writes)
    laboratory.seen[f"database: {outcome}"] += 1
    assert outcome != TRIPPED, text
    assert outcome != "25006", f"said to be reading: {text}"
    assert laboratory.strangers.marker not in str(result), text
    assert "4711" not in str(result), text
    assert laboratory.look() == laboratory.state, text


PROFILE = settings(
    max_examples=LONG or 300,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@PROFILE
@given(text=statements(), writable=st.sampled_from([True, True, True, False]), seed=st.integers(0, 2**16))
def test_no_statement_gets_past_the_guard(laboratory, text, writable, seed):
    check(laboratory, text, writable=writable, chance=random.Random(seed))  # noqa: S311 - spelling


def test_the_run_was_worth_its_time(laboratory):
    """After the run: a good part was allowed, ran, and had a plan to compare."""
    sys.stdout.write(f"{dict(laboratory.seen)}\n")
    assert laboratory.seen["allowed"] > 20
    assert laboratory.seen["planned"] > 10
    assert laboratory.seen["database: ran"] > 10

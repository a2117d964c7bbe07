"""Every case twice: through the guard, and by the login role alone. What leaks there is written down in cases.py."""

from dataclasses import replace

import pytest

from catalog.guard import Checked, Code, Held, Overload, Refusal, inspect
from tests.catalog.corpus.cases import CASES

IDS = [case.id for case in CASES]
# Writes that a caller with mcp.write and MODIFY on sales.notes may do.
S3_WITH_WRITE = [
    "WITH w AS (INSERT INTO sales.notes VALUES (9, 'a') RETURNING id) SELECT id FROM w",
    "INSERT INTO sales.notes VALUES (9, 'a')",
    "UPDATE sales.notes SET body = 'b' WHERE id = 1 RETURNING body",
    "DELETE FROM sales.notes USING sales.orders o WHERE o.id = notes.id",
    "MERGE INTO sales.notes n USING sales.orders o ON n.id = o.id WHEN NOT MATCHED THEN INSERT VALUES (o.id, 'm')",
    "SELECT * FROM sales.notes FOR UPDATE",
]
S3_NEVER = ("EXPLAIN ANALYZE DELETE FROM sales.notes", "DO $$BEGIN END$$", "CALL sales.proc()", "PREPARE p AS SELECT 1")
S17_GRANTED = {
    "overload-int": ("SELECT over(1), sales.over('a'::text)", [(1, 2)]),
    "variadic": ("SELECT add_all(1, 2, 3), add_all(VARIADIC ARRAY[1, 2])", [(6, 3)]),
    "out": ("SELECT * FROM split(5)", [(2, 1)]),
    "setof": ("SELECT id FROM firsts()", [(1,), (2,)]),
    "named-default": ("SELECT id FROM firsts(many => 1)", [(1,)]),
    "polymorphic": ("SELECT twice(1), twice('a'::text)", [([1, 1], ["a", "a"])]),
    "attribute": ("SELECT o.label FROM sales.orders o WHERE o.id = 1", [("order 1",)]),
    "attribute-in-brackets": ("SELECT (o).label FROM sales.orders o WHERE o.id = 1", [("order 1",)]),
    "attribute-alias": ("SELECT label.label FROM sales.orders label WHERE label.id = 1", [("order 1",)]),
}


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_the_guard_refuses(strangers, case):
    for text in (case.text, case.text + ";", f"\n  {case.text} -- end"):
        answer = strangers.inspect(text)
        assert isinstance(answer, Refusal), answer
        assert strangers.marker not in answer.sentence


@pytest.mark.parametrize("case", [case for case in CASES if not case.id.startswith("S3")], ids=lambda case: case.id)
def test_the_guard_refuses_those_who_may_write_too(strangers, case):
    assert isinstance(strangers.inspect(case.text, writable=True), Refusal)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_without_the_guard(strangers, case):
    outcome, rows = strangers.without_guard(case.text)
    assert outcome in case.alone
    assert (strangers.marker in str(rows)) == (case.leaks and outcome == "runs")
    with strangers.session() as cursor:
        assert cursor.execute("SELECT n FROM sales.counter", prepare=True).fetchall() == [(0,)]


@pytest.mark.parametrize("text", S3_WITH_WRITE)
def test_s3_writes_pass_with_the_scope_and_work(strangers, text):
    answer = strangers.inspect(text, writable=True)
    assert isinstance(answer, Checked)
    assert answer.writes
    assert strangers.without_guard(text, read_only=False)[0] in ("runs", "42601")  # 42601: no MERGE before 15


@pytest.mark.parametrize("text", S3_NEVER)
def test_s3_some_pass_never(strangers, text):
    assert isinstance(strangers.inspect(text, writable=True), Refusal)


def test_s7_the_login_role_is_a_member_of_nothing(strangers):
    query = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = current_user"
    assert strangers.without_guard(query) == ("runs", [(0,)])


def test_s9_a_grant_by_name_opens_what_runs_as_owner(strangers):
    names = strangers.names
    lent = replace(
        names,
        relations=names.relations
        | {("sales", "as_owner"): replace(names.relations["sales", "as_owner"], select=Held.BY_NAME)},
        functions=names.functions | {("sales", "sd_total"): (Overload(execute=Held.BY_NAME, runs_as_owner=True),)},
    )
    for text in ("SELECT * FROM sales.as_owner", "SELECT sales.sd_total()"):
        assert strangers.inspect(text).code == Code.RUNS_AS_OWNER
        assert isinstance(inspect(text, lent, writable=False), Checked)
        assert "4711" in str(strangers.without_guard(text))
    assert isinstance(strangers.inspect("SELECT * FROM sales.as_caller"), Checked)


@pytest.mark.parametrize("name", S17_GRANTED)
def test_s17_granted_functions_give_the_right_result(strangers, name):
    text, rows = S17_GRANTED[name]
    answer = strangers.inspect(text)
    assert isinstance(answer, Checked), answer
    assert strangers.without_guard(text) == ("runs", rows)


def test_s18_a_temporary_table_of_the_same_name_does_not_hide_the_granted_one(strangers):
    with strangers.session(read_only=False) as cursor:
        cursor.execute("CREATE TEMP TABLE orders (id int)")
        assert len(cursor.execute("SELECT id FROM orders", prepare=True).fetchall()) == 3


def test_s16_missing_and_forbidden_tables_get_identical_answers(strangers):
    missing, forbidden = strangers.inspect("SELECT * FROM nowhere"), strangers.inspect("SELECT * FROM canary")
    assert missing.sentence.replace("nowhere", "canary") == forbidden.sentence
    assert missing.code == forbidden.code == Code.RELATION

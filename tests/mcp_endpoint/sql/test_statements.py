"""mcp.md 4.5 on the wire: running SQL, refusing it, and writing."""

import psycopg
import pytest

from audit import control_database
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
READ = "execute_sql_read_only"


def text(result):
    assert result["isError"]
    return result["content"][0]["text"]


def test_rows_come_in_the_shape_that_callers_parse(sql):
    found = sql.rows(READ, {"query": "SELECT name FROM customers WHERE id = $1", "parameters": [2]})
    assert found == {"is_truncated": False, "columns": ["name"], "rows": [["Bo"]]}


def test_a_cut_result_says_which_limit_cut(sql):
    found = sql.rows(READ, {"query": "SELECT generate_series(1, 101)"})
    assert (len(found["rows"]), found["is_truncated"], found["truncated_by"]) == (100, True, "rows")
    wide = sql.rows(READ, {"query": "SELECT array_agg(g) FROM generate_series(1, 9000) g"})
    assert (wide["rows"], wide["truncated_by"]) == ([], "bytes")


@requirement("SQL-COST")
def test_a_budget_bounds_what_a_statement_may_be_expected_to_cost(sql):
    query = {"query": "SELECT count(*) FROM generate_series(1, $1::int)", "parameters": [100_000]}
    # Beside the transaction of the test, which nobody else sees.
    with psycopg.connect(**control_database.parameters(), autocommit=True) as control:
        control.execute(
            "INSERT INTO connections_budget (level, subject, plan_cost, updated_at) VALUES ('account', '', 10, now())"
        )
        try:
            until(lambda: sql.call(READ, query).get("isError"), limit=2)
            assert "10 is the limit here. Nothing was run." in text(sql.call(READ, query))
            assert "isError" not in sql.call(READ, {"query": "SELECT 1"})
        finally:
            control.execute("DELETE FROM connections_budget")
    until(lambda: "isError" not in sql.call(READ, query), limit=2)


def test_a_refusal_of_the_guard_says_what_to_do_and_is_denied(sql, recorded):
    result = sql.call(READ, {"query": "SELECT secret FROM secrets.canary"})
    assert "See list_tables" in text(result)
    assert result["_meta"]["gatepost/code"] == "sql_relation"
    [record] = recorded()
    assert (record.outcome, record.reason) == ("denied", "sql_relation")
    assert record.parameters == {"arguments": {"query": "SELECT secret FROM secrets.canary"}}
    assert "canary" not in str(record.details)


def test_a_failure_of_the_database_tells_no_value(sql, recorded):
    result = sql.call(READ, {"query": "SELECT name::int FROM customers WHERE id = 1"})
    assert "Ada" not in text(result)
    [record] = recorded()
    assert (record.outcome, record.reason, "Ada" in record.parameters["error"]) == ("failed", "22P02", True)


def test_the_read_only_tool_writes_for_nobody(sql):
    for who in ("bob", "writer"):
        assert sql.call(READ, {"query": "DELETE FROM notes"}, who=who)["_meta"]["gatepost/code"] == "sql_needs_write"


@requirement("SQL-WRITE")
def test_a_write_without_the_scope_is_challenged_for_both_scopes(sql, recorded):
    answer = sql.ask("tools/call", {"name": "execute_sql", "arguments": {"query": "DELETE FROM notes"}})
    assert answer.status == 403
    assert 'scope="mcp.sql mcp.write"' in answer.headers["www-authenticate"]
    [record] = recorded()
    assert (record.outcome, record.reason) == ("denied", "insufficient_scope")


@requirement("SQL-WRITE")
def test_a_write_leaves_its_attempt_and_its_outcome(sql, recorded):
    query = "UPDATE notes SET body = body WHERE id = 1 RETURNING id"
    found = sql.rows("execute_sql", {"query": query}, who="writer")
    assert (found["rows"], found["affected_rows"]) == ([[1]], 1)
    attempt, outcome = recorded()
    assert (attempt.outcome, outcome.outcome, outcome.attempt_id) == ("attempt", "allowed", attempt.event_id)


def test_a_read_by_the_writing_tool_leaves_one_record(sql, recorded):
    assert sql.rows("execute_sql", {"query": "SELECT 1"}, who="writer")["rows"] == [[1]]
    assert [record.outcome for record in recorded()] == ["allowed"]


@requirement("SQL-WRITE")
def test_a_write_on_a_table_without_modify_is_refused(sql):
    result = sql.call("execute_sql", {"query": "DELETE FROM sales.orders"}, who="writer")
    assert result["_meta"]["gatepost/code"] == "sql_needs_modify"


@requirement("SQL-WRITE")
def test_too_many_changes_are_rolled_back_and_told(sql):
    query = "INSERT INTO notes SELECT g, 'many' FROM generate_series(100, 105) g"
    assert "6 rows" in text(sql.call("execute_sql", {"query": query}, who="writer"))
    assert sql.rows(READ, {"query": "SELECT count(*) FROM notes WHERE body = 'many'"})["rows"] == [[0]]


def test_a_plan_is_shown_and_nothing_runs(sql):
    found = sql.rows("explain_query", {"query": "SELECT * FROM sales.orders WHERE id = $1", "parameters": [1]})
    assert found["rows"][0][0][0]["Plan"]["Node Type"]
    for query in ("ANALYZE DELETE FROM notes", "SELECT 1; SELECT 2", "ANALYZE SELECT 1", "(ANALYZE) SELECT 1"):
        assert text(sql.call("explain_query", {"query": query}, who="writer"))
    assert "(at character 15)" in text(sql.call("explain_query", {"query": "SELECT * FROM secrets.canary"}))


def test_developers_lower_the_limits(sql):
    meta = {"row_limit": 2, "statement_timeout_ms": 5000}
    params = {"name": READ, "arguments": {"query": "SELECT generate_series(1, 3)"}, "_meta": meta}
    found = sql.ask("tools/call", params).json["result"]["structuredContent"]
    assert (len(found["rows"]), found["is_truncated"]) == (2, True)

"""mcp.md 4.5 on the wire: insert_rows, its dry run and its limits."""

import pytest

from tests.mcp_endpoint.asking import REVISIONS
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
NOTES = {"schema": "sales", "table": "notes"}
COUNT = {"query": "SELECT count(*) FROM notes"}


@pytest.fixture(autouse=True)
def _clean(sql):
    yield
    sql.rows("execute_sql", {"query": "DELETE FROM notes WHERE id > 1"}, who="writer")


def insert(sql, rows, who="writer", **more):
    return sql.call("insert_rows", {**NOTES, "rows": rows, **more}, who=who)


def count(sql):
    return sql.rows("execute_sql_read_only", COUNT)["rows"][0][0]


def code(result):
    assert result["isError"], result
    return result["_meta"]["gatepost/code"]


@requirement("SQL-INSERT")
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_dry_run_shows_the_effect_and_leaves_nothing(sql, recorded, revision):
    before, records = count(sql), len(recorded())
    rows = [{"id": 7, "body": "it's; DROP TABLE x"}, {"id": 8}]
    result = sql.call("insert_rows", {**NOTES, "rows": rows, "dry_run": True}, who="writer", revision=revision)
    assert "it's; DROP TABLE x" in result["content"][0]["text"]
    if "structuredContent" in result:
        assert result["structuredContent"] == {
            "is_truncated": False,
            "columns": ["id", "body"],
            "rows": [[7, "it's; DROP TABLE x"], [8, None]],
            "affected_rows": 2,
            "dry_run": True,
        }
    assert [record.outcome for record in recorded()[records:]] == ["attempt", "allowed"]
    assert count(sql) == before


@requirement("SQL-INSERT")
def test_rows_are_inserted_all_or_none(sql):
    before = count(sql)
    assert insert(sql, [{"id": 7, "body": "a"}, {"body": "b", "id": "8"}])["structuredContent"]["affected_rows"] == 2
    assert code(insert(sql, [{"id": 9}, {"id": 1}])) == "23505"
    assert count(sql) == before + 2


@requirement("SQL-INSERT")
def test_it_needs_the_scope_and_the_privilege(sql):
    answer = sql.ask("tools/call", {"name": "insert_rows", "arguments": {**NOTES, "rows": [{"id": 9}]}})
    assert (answer.status, "mcp.write" in answer.headers["www-authenticate"]) == (403, True)
    for table, expected in (("orders", "sql_needs_modify"), ("nowhere", "not_visible"), ("as_owner", "not_visible")):
        arguments = {"schema": "sales", "table": table, "rows": [{"id": 9}]}
        assert code(sql.call("insert_rows", arguments, who="writer")) == expected
    secret = {"schema": "secrets", "table": "canary", "rows": [{"id": 9}]}
    assert code(sql.call("insert_rows", secret, who="writer")) == "not_visible"


@requirement("SQL-INSERT")
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"id": n} for n in range(10, 16)], "AFFECTED_ROW_LIMIT"),
        ([{"id": 9, "nothing": 1}], "UNKNOWN_COLUMN"),
        ([{'id"); DROP TABLE sales.notes; --': 1}], "UNKNOWN_COLUMN"),
        ([{"id": 9}, {"id": {"a": 1}}], "INVALID_ARGUMENT"),
        ([{"id": "many"}], "22P02"),
    ],
)
def test_what_cannot_be_inserted_is_told_and_changes_nothing(sql, rows, expected):
    before = count(sql)
    assert code(insert(sql, rows)) == expected
    assert count(sql) == before


def test_developers_lower_the_limits_of_what_comes_back(sql):
    arguments = {**NOTES, "rows": [{"id": 7}, {"id": 8}], "dry_run": True}
    params = {"name": "insert_rows", "arguments": arguments, "_meta": {"row_limit": 1}}
    found = sql.ask("tools/call", params, who="writer").json["result"]["structuredContent"]
    assert (len(found["rows"]), found["is_truncated"], found["affected_rows"]) == (1, True, 2)


def test_no_rows_are_no_call(sql):
    assert "minItems" in insert(sql, [])["content"][0]["text"]
    assert "minProperties" in insert(sql, [{}])["content"][0]["text"]

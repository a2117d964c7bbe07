"""mcp.md 4.5 on the wire: what there is, as far as the principal may see it."""

import orjson
import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from tests.mcp_endpoint.asking import FIRST, REVISIONS

pytestmark = pytest.mark.django_db
ALL = [
    "cancel_sql",
    "execute_sql",
    "execute_sql_read_only",
    "explain_query",
    "get_table_schema",
    "insert_rows",
    "list_catalogs",
    "list_schemas",
    "list_tables",
    "poll_sql_result",
    "show_running_queries",
]
CALLS = {
    "list_catalogs": {},
    "list_schemas": {},
    "list_tables": {"schema": "sales"},
    "get_table_schema": {"schema": "sales", "table": "orders"},
    "execute_sql_read_only": {"query": "SELECT id FROM sales.orders ORDER BY id LIMIT 1"},
    "execute_sql": {"query": "SELECT id FROM sales.orders ORDER BY id LIMIT 1"},
    "explain_query": {"query": "SELECT id FROM sales.orders"},
}


def test_both_urls_have_all_tools_and_say_truthfully_what_they_do(sql, everywhere):
    for url in (sql, everywhere):
        tools = url.tools()
        assert set(tools) == set(ALL)
        assert all(
            tool["annotations"]["readOnlyHint"] == (name not in {"execute_sql", "cancel_sql", "insert_rows"})
            for name, tool in tools.items()
        )
        for tool in tools.values():
            Draft202012Validator.check_schema(tool["inputSchema"])
            Draft202012Validator.check_schema(tool["outputSchema"])


def test_the_catalog_is_an_argument_only_where_the_url_names_none(sql, everywhere):
    query = "execute_sql_read_only"
    assert "catalog" not in sql.tools()[query]["inputSchema"]["properties"]
    assert "catalog" in everywhere.tools()[query]["inputSchema"]["required"]
    assert "missing" in everywhere.call(query, {"query": "SELECT 1"})["content"][0]["text"]
    assert everywhere.rows(query, {"query": "SELECT 1", "catalog": "strangers"})["rows"] == [[1]]
    assert "no such argument" in sql.call(query, {"query": "SELECT 1", "catalog": "strangers"})["content"][0]["text"]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("name", CALLS)
def test_every_tool_is_called_in_every_revision(sql, recorded, name, revision):
    schema = sql.tools()[name]["outputSchema"]
    before = len(recorded())
    result = sql.call(name, CALLS[name], revision=revision)
    serialize_server_result("tools/call", revision, result)
    content = orjson.loads(result["content"][0]["text"])
    assert list(content)[:3] == ["is_truncated", "columns", "rows"]
    Draft202012Validator(schema).validate(content)
    assert ("structuredContent" in result) == (revision != FIRST)
    [record] = recorded()[before:]
    assert (record.outcome, record.object, record.details["tool"]) == ("allowed", "strangers", name)


def test_with_nothing_visible_one_tool_stays_and_says_what_to_ask_for(everywhere, sql):
    assert list(everywhere.tools(who="charlie")) == ["list_catalogs"]
    found = everywhere.rows("list_catalogs", who="charlie")
    assert found["rows"] == []
    assert "USE_CATALOG" in found["notice"]
    assert sql.ask("tools/list", who="charlie").status == 404


def test_a_token_without_the_scope_is_challenged(sql):
    answer = sql.ask("tools/list", who="tables")
    assert (answer.status, 'scope="mcp.sql"' in answer.headers["www-authenticate"]) == (403, True)


def test_catalogs_schemas_and_tables_are_those_of_the_caller(sql, everywhere):
    assert everywhere.rows("list_catalogs")["rows"] == [["strangers", ""]]
    assert [row[0] for row in sql.rows("list_schemas")["rows"]] == ["sales", "vectors"]
    tables = {row[1]: row for row in sql.rows("list_tables")["rows"]}
    assert {"orders", "customers", "notes", "as_caller"} <= set(tables)
    assert not {"canary", "as_owner", "salaries"} & set(tables)
    assert tables["notes"][5] == ["SELECT", "MODIFY"]
    assert tables["as_caller"][2] == "view"


def test_a_table_is_described_with_its_keys(sql):
    found = sql.rows("get_table_schema", {"schema": "sales", "table": "orders"})
    assert found["rows"][0] == ["id", "integer", False, None, ""]
    assert {"kind": "primary key", "columns": ["id"]} in found["keys"]
    references = {"schema": "sales", "table": "customers", "columns": ["id"]}
    assert {"kind": "foreign key", "columns": ["customer"], "references": references} in found["keys"]
    assert (found["kind"], found["may_change"]) == ("table", False)


@pytest.mark.parametrize(
    "table", [("secrets", "canary"), ("sales", "nowhere"), ("sales", "as_owner"), ("hr", "salaries")]
)
def test_what_is_not_there_and_what_is_not_yours_look_alike(sql, table):
    result = sql.call("get_table_schema", {"schema": table[0], "table": table[1]})
    assert result["isError"]
    assert result["content"][0]["text"] == f"There is no table {'.'.join(table)} that you may use. See list_tables."


def test_a_catalog_that_is_not_the_callers_looks_like_none(everywhere):
    texts = {
        everywhere.call("execute_sql_read_only", {"query": "SELECT 1", "catalog": name}, who=who)["content"][0][
            "text"
        ].replace(name, "x")
        for who, name in (("bob", "nowhere"),)
    }
    assert texts == {"There is no catalog x that you may use. See list_catalogs."}


def test_pages_of_tables_follow_each_other(sql, world):
    first = sql.call("list_tables", {})["structuredContent"]
    assert first["next_cursor"] is None
    pages, cursor = [], None
    while True:
        arguments = {"schema": "sales"} | ({"cursor": cursor} if cursor else {})
        params = {"name": "list_tables", "arguments": arguments, "_meta": {"row_limit": 3}}
        content = sql.ask("tools/call", params).json["result"]["structuredContent"]
        pages += [row[1] for row in content["rows"]]
        cursor = content["next_cursor"]
        assert content["is_truncated"] == bool(cursor)
        if not cursor:
            break
    assert pages == [row[1] for row in first["rows"] if row[0] == "sales"]
    assert (
        sql.ask("tools/call", {"name": "list_tables", "arguments": {"cursor": "made-up"}}).json["error"]["code"]
        == -32602
    )

"""mcp.md 4.4 on the wire: tables and views as tools, in all revisions."""

import orjson
import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from tests.mcp_endpoint.asking import FIRST, REVISIONS, Asking
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
HOSTILE = "query_x___drop_table_t_--"


@pytest.fixture(scope="module")
def shop(world, django_db_blocker):
    """The tables of `shop`, which bob may read. Nothing of this may be changed by one test."""
    with django_db_blocker.unblock():
        world.allow("bob", "SELECT")
    return Asking(world, "/api/2.0/mcp/tables/demo/shop")


def test_each_table_has_tools_to_query_to_find_and_to_count(shop):
    names = list(shop.tools())
    assert names == sorted(names)
    of_item = [name for name in names if "item" in name]
    assert of_item == [
        "count_item",
        "query_item",
        "query_item_by_code",
        "query_item_by_id",
        "query_part_by_item_and_number",
    ]
    of_views = [name for name in names if "readings" in name]
    assert of_views == ["count_readings", "query_readings"]
    assert {HOSTILE, "query_reading_by_grade_and_label_and_id"} <= set(names)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_table_is_asked_in_every_revision(shop, recorded, revision):
    result = shop.call("query_item", {"columns": ["id", "name"], "limit": 1}, revision=revision)
    serialize_server_result("tools/call", revision, result)
    content = orjson.loads(result["content"][0]["text"])
    assert list(content) == ["is_truncated", "columns", "rows", "next_cursor"]
    assert (content["is_truncated"], content["columns"], content["rows"]) == (True, ["id", "name"], [[1, "item 1"]])
    assert ("structuredContent" in result) == (revision != FIRST)
    assert result["_meta"]["gatepost/column_types"] == ["integer", "text"]
    [record] = recorded()
    assert (record.action, record.outcome, record.object) == ("mcp.tools/call", "allowed", "demo.shop.item")
    assert record.parameters == {"arguments": {"columns": ["id", "name"], "limit": 1}}
    assert (record.row_count, record.details["tool"]) == (1, "query_item")


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_list_of_tables_is_valid_in_every_revision(shop, revision):
    result = shop.ask("tools/list", revision=revision).json["result"]
    serialize_server_result("tools/list", revision, result)


def test_every_tool_says_truthfully_that_it_only_reads_and_what_it_takes(shop):
    for tool in shop.tools().values():
        assert tool["annotations"] == {"readOnlyHint": True, "openWorldHint": False}
        assert tool["_meta"]["gatepost/object"]["schema"] == "shop"
        assert "not instructions" in tool["description"]
        Draft202012Validator.check_schema(tool["inputSchema"])
        Draft202012Validator.check_schema(tool["outputSchema"])
        assert tool["inputSchema"]["additionalProperties"] is False


def test_answers_fit_the_output_schema(shop):
    tools = shop.tools()
    calls = {
        "query_reading": {"limit": 2, "include": ["part"]},
        "query_item_by_id": {"id": 1},
        "count_item": {},
        HOSTILE: {"filters": {"a%s": {"gte": 1}}, "order_by": [{"column": "Ünï çödé", "direction": "desc"}]},
    }
    for name, arguments in calls.items():
        Draft202012Validator(tools[name]["outputSchema"]).validate(shop.rows(name, arguments))


def test_the_description_brings_the_comments_of_table_and_columns(shop):
    tool = shop.tools()["query_item"]
    assert tool["description"].startswith("One thing\n\nReturns rows of the table item.")
    assert "price numeric(10,2): In euro" in tool["description"]
    assert tool["title"] == "Rows of item"


def test_pages_follow_each_other_over_the_wire(shop):
    rows, cursor = [], {}
    while cursor is not None:
        page = shop.rows("query_item", {"columns": ["id"], "limit": 7, **cursor})
        rows += [id_ for [id_] in page["rows"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert rows == list(range(1, 21))


@requirement("T-cursor")
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_cursor_that_is_not_ours_is_a_wrong_parameter(shop, recorded, revision):
    params = {"name": "query_item", "arguments": {"cursor": "gAAAAA"}}
    answer = shop.ask("tools/call", params, revision=revision)
    assert answer.json["error"]["code"] == -32602
    assert "cursor" in answer.json["error"]["message"]
    assert [(record.outcome, record.reason) for record in recorded()] == [("failed", "invalid_cursor")]


def test_a_cursor_of_another_person_is_refused(shop, world):
    world.allow("alice", "SELECT")
    cursor = shop.rows("query_item", {"limit": 1})["next_cursor"]
    answer = shop.ask("tools/call", {"name": "query_item", "arguments": {"cursor": cursor}}, who="alice")
    assert answer.json["error"]["code"] == -32602


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"filters": {"pric": 1}}, "pric"),
        ({"filters": {"price": {"gtt": 1}}}, "filters.price"),
        ({"filters": {"id": "one"}}, "filters.id: expected integer"),
        ({"filters": {"id": {"gt": "one"}}}, "filters.id.gt: expected integer"),
        ({"filters": {"colour": "green"}}, "filters.colour: expected one of red, deep blue"),
        ({"filters": {"id": {"in": [1] * 1001}}}, "filters.id.in"),
        ({"columns": ["secret"]}, "columns.0"),
        ({"order_by": [{"column": "id", "direction": "up"}]}, "order_by.0.direction: expected one of asc, desc"),
        ({"limit": 0}, "limit"),
        ({"include": ["item"]}, "include"),
    ],
)
def test_wrong_arguments_are_told_by_name(shop, arguments, named):
    result = shop.call("query_item", arguments)
    assert result["isError"]
    assert named in result["content"][0]["text"]


def test_who_may_not_select_sees_nothing_and_is_told_nothing(shop, world):
    assert shop.ask("tools/list", who="charlie").status == 404
    assert Asking(world, "/api/2.0/mcp/tables/demo/nowhere").ask("tools/list").status == 404
    unknown = shop.ask("tools/call", {"name": "query_as_owner"})  # runs as its owner: needs a privilege by name
    assert unknown.json["error"]["code"] == -32602


def test_a_token_for_sql_is_challenged_for_tables(shop):
    answer = shop.ask("tools/list", who="narrow")
    assert answer.status == 403
    assert 'scope="mcp.tables"' in answer.headers["www-authenticate"]

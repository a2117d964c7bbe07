"""`?toolset=compact`: three tools that lead to all others, and are judged and recorded as these."""

import pytest
from mcp_types.methods import serialize_server_result

from mcp_endpoint import toolsets
from mcp_endpoint.tools.compact import Compact
from mcp_endpoint.tools.tool import Toolset
from tests.mcp_endpoint.asking import REVISIONS, Asking
from tests.mcp_endpoint.conftest import SHOP
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
THREE = ["call_tool", "describe_tool", "search_tools"]
TABLES = "/api/2.0/mcp/tables/demo/shop"


@pytest.fixture(scope="module")
def shop(world, django_db_blocker):
    with django_db_blocker.unblock():
        world.allow("bob", "SELECT")
    return Asking(world, SHOP, "toolset=compact")


def through(name, arguments=None):
    return {"name": name} | ({} if arguments is None else {"arguments": arguments})


@pytest.mark.parametrize("revision", REVISIONS)
def test_there_are_three_tools_in_every_revision(shop, revision):
    result = shop.ask("tools/list", revision=revision).json["result"]
    serialize_server_result("tools/list", revision, result)
    assert [tool["name"] for tool in result["tools"]] == THREE


@requirement("T-compact")
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_call_is_that_of_the_tool_called(shop, recorded, revision):
    result = shop.call("call_tool", through("demo__shop__add", {"a": 1}), revision=revision)
    serialize_server_result("tools/call", revision, result)
    assert result["content"][0]["text"] == '{"is_truncated":false,"columns":["output"],"rows":[[11]]}'
    [record] = recorded()
    assert (record.outcome, record.object) == ("allowed", "demo.shop.add")
    assert record.details["tool"] == "demo__shop__add"
    assert record.details["through"] == "call_tool"
    assert record.parameters == {"arguments": {"name": "demo__shop__add", "arguments": {"a": 1}}}


def test_words_find_tools_the_best_first(shop):
    found = shop.rows("search_tools", {"query": "add two"})
    assert found["columns"] == ["name", "title", "description"]
    assert found["rows"][0] == ["demo__shop__add", "add(a integer, b integer)", "Adds two numbers"]
    assert shop.rows("search_tools", {"query": "xyzzy"})["rows"] == []
    everything = shop.rows("search_tools", {"query": ""})
    assert (len(everything["rows"]), everything["is_truncated"]) == (20, True)


def test_a_description_tells_what_to_send(shop):
    [row] = shop.rows("describe_tool", {"name": "demo__shop__add"})["rows"]
    assert row[0] == "demo__shop__add"
    assert row[3]["required"] == ["a"]
    assert row[4]["readOnlyHint"] is True
    assert shop.call("describe_tool", {"name": "demo__shop__leak"})["isError"]


@requirement("T-compact")
def test_what_the_principal_may_not_call_is_not_called(shop, recorded):
    unknown = shop.ask("tools/call", {"name": "call_tool", "arguments": through("demo__shop__leak")})
    assert unknown.json["error"]["code"] == -32602
    assert "demo__shop__leak" in unknown.json["error"]["message"]
    write = shop.ask("tools/call", {"name": "call_tool", "arguments": through("demo__shop__count_up", {"n": 1})})
    assert write.status == 403
    assert "mcp.write" in write.headers["www-authenticate"]
    direct = shop.ask("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1}})
    assert direct.json["error"]["code"] == -32602
    assert [record.outcome for record in recorded()] == ["denied"] * 3


@pytest.mark.parametrize("arguments", [{}, {"name": 1}, through("demo__shop__add", []), {"name": "x", "args": {}}])
def test_a_malformed_call_is_told_what_is_wrong(shop, arguments):
    assert shop.call("call_tool", arguments)["isError"]


def test_wrong_arguments_of_the_tool_are_told_by_name(shop):
    result = shop.call("call_tool", through("demo__shop__add", {"a": "one"}))
    assert "a: expected integer" in result["content"][0]["text"]


def test_who_sees_nothing_sees_no_tools_to_search(shop, world):
    assert shop.ask("tools/list", who="charlie").status == 404


def test_every_kind_of_url_has_it(shop):
    tables = Asking(shop.world, TABLES, "toolset=compact")
    assert tables.rows("call_tool", through("count_item", {}))["rows"] == [[20]]


def test_the_compact_toolset_is_small(world):
    listed = Asking(world, SHOP).tools()
    assert len(listed) > 20
    tools = Toolset([])
    assert toolsets.tokens(Compact(tools)) < 600
    assert toolsets.tokens(tools) == 0

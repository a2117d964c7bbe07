"""mcp.md 4.7: curated servers offer tools of other URLs, and nothing that these would not."""

import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from accounts.errors import AlreadyExists, Invalid, NotFound
from audit.event import NOBODY
from audit.models import AuditEvent
from mcp_endpoint import curation
from mcp_endpoint.models import CuratedServer
from mcp_endpoint.preview import curated_for
from tests.mcp_endpoint.asking import REVISIONS, THIRD, Asking
from tests.mcp_endpoint.doors import MODERN, message, post
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
ADD = {"kind": "functions", "selector": "demo/shop", "tool": "demo__shop__add"}
CHEAP = {
    "kind": "tables",
    "selector": "demo/shop",
    "tool": "query_item",
    "alias": "cheap_items",
    "description": "Items that cost less than ten euro",
    "presets": {"filters": {"price": {"lt": 5}}, "columns": ["id", "price"]},
}
COUNT_UP = {"kind": "functions", "selector": "demo/shop", "tool": "demo__shop__count_up", "alias": "count"}
ECHOES = {"kind": "functions", "selector": "demo/shop/echo"}


@pytest.fixture(scope="module")
def desk(world, django_db_blocker):
    """A server of chosen tools; bob may call what they stand for, charlie nothing."""
    with django_db_blocker.unblock():
        world.allow("bob", "SELECT")
        world.tokens["functions"] = world.token("bob", "mcp.functions")
        fields = {"tools": [CHEAP, ADD, COUNT_UP, ECHOES], "instructions": "For the desk."}
        curation.create("desk", fields | {"deny": ["demo__shop__echo__*"]}, by=NOBODY)
        curation.create("off", {"tools": [ADD], "enabled": False}, by=NOBODY)
        curation.create("strict", {"tools": [ECHOES, ADD], "allow": ["*add"]}, by=NOBODY)
    return Asking(world, "/api/2.0/mcp/servers/desk")


@requirement("T-curated")
@pytest.mark.parametrize("revision", REVISIONS)
def test_the_chosen_tools_are_listed_and_called_in_every_revision(desk, recorded, revision):
    result = desk.ask("tools/list", revision=revision).json["result"]
    serialize_server_result("tools/list", revision, result)
    assert [tool["name"] for tool in result["tools"]] == ["cheap_items", "count", "demo__shop__add"]
    called = desk.call("demo__shop__add", {"a": 1}, revision=revision)
    serialize_server_result("tools/call", revision, called)
    assert called["content"][0]["text"].endswith('"rows":[[11]]}')
    record = recorded()[-1]
    assert (record.object, record.details["url"]) == ("demo.shop.add", "/api/2.0/mcp/servers/desk")


@requirement("T-curated")
def test_an_alias_has_its_own_words_and_hides_what_is_preset(desk, recorded):
    tool = desk.tools()["cheap_items"]
    assert tool["description"].startswith("Items that cost less than ten euro\n\n")
    assert not {"filters", "columns"} & tool["inputSchema"]["properties"].keys()
    Draft202012Validator.check_schema(tool["inputSchema"])
    answer = desk.rows("cheap_items", {"limit": 10})
    assert answer["columns"] == ["id", "price"]
    assert [id_ for id_, _ in answer["rows"]] == [1, 2, 3, 4]
    refused = desk.call("cheap_items", {"filters": {}})
    assert refused["isError"]
    record = recorded()[1]
    assert (record.object, record.details["tool"]) == ("demo.shop.item", "cheap_items")


def test_pages_go_on_under_an_alias(desk):
    first = desk.rows("cheap_items", {"limit": 3})
    rest = desk.rows("cheap_items", {"limit": 3, "cursor": first["next_cursor"]})
    assert [id_ for id_, _ in rest["rows"]] == [4]


@requirement("T-curated-hidden")
@pytest.mark.parametrize("revision", [THIRD, MODERN])
def test_a_tool_that_patterns_switch_off_is_hidden_from_who_could_use_it(desk, revision):
    source = Asking(desk.world, "/api/2.0/mcp/functions/demo/shop/echo")
    for name in source.tools():
        answer = desk.ask("tools/call", {"name": name, "arguments": {"v": 1}}, revision=revision)
        assert answer.json["error"]["code"] == -32003
    strict = Asking(desk.world, "/api/2.0/mcp/servers/strict")
    assert list(strict.tools()) == ["demo__shop__add"]


@pytest.mark.parametrize("name", ["query_item", "demo__shop__count_up", "demo__shop__pairs"])
def test_what_was_not_chosen_under_that_name_is_unknown(desk, name):
    assert desk.ask("tools/call", {"name": name, "arguments": {}}).json["error"]["code"] == -32602


@requirement("T-curated")
def test_membership_gives_no_privileges(desk):
    assert desk.ask("tools/list", who="charlie").status == 404
    for name in ("nothing", "off"):
        assert Asking(desk.world, f"/api/2.0/mcp/servers/{name}").ask("tools/list").status == 404
    assert list(desk.tools(who="alice")) == ["count", "demo__shop__add"]  # no SELECT


def test_each_tool_needs_the_scope_of_its_own_kind(desk):
    assert "cheap_items" in desk.tools(who="functions")
    assert not desk.call("demo__shop__add", {"a": 1}, who="functions").get("isError")
    tables = desk.ask("tools/call", {"name": "cheap_items", "arguments": {}}, who="functions")
    assert (tables.status, 'scope="mcp.tables"' in tables.headers["www-authenticate"]) == (403, True)
    write = desk.ask("tools/call", {"name": "count", "arguments": {"n": 1}})
    assert 'scope="mcp.functions mcp.write"' in write.headers["www-authenticate"]
    assert not desk.call("count", {"n": 77}, who="alice").get("isError")


def test_a_stranger_is_challenged_for_every_scope_that_may_be_needed(desk):
    anonymous = post(desk.path, message("tools/list"), None)
    assert 'scope="mcp.functions mcp.sql mcp.tables mcp.vectorsearch"' in anonymous.headers["www-authenticate"]


def test_the_instructions_are_those_of_the_admin(desk):
    params = {"protocolVersion": THIRD, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    assert desk.ask("initialize", params).json["result"]["instructions"] == "For the desk."
    assert desk.ask("server/discover", revision=MODERN).json["result"]["instructions"] == "For the desk."


def test_the_compact_toolset_leads_to_them(desk):
    compact = Asking(desk.world, desk.path, "toolset=compact")
    rows = compact.rows("call_tool", {"name": "cheap_items", "arguments": {"limit": 1}})["rows"]
    assert rows == [[1, "1.50"]]


class TestCuration:
    """What an admin may say, and what is kept of it."""

    def test_a_change_is_a_new_version_with_before_and_after(self):
        server = curation.create("plan", {"tools": [ADD]}, by=NOBODY)
        changed = curation.change(server, {"title": "Plan"}, by=NOBODY)
        assert (server.version, changed.version) == (1, 2)
        assert curation.change(changed, {"title": "Plan"}, by=NOBODY).version == 2
        curation.delete(changed, by=NOBODY)
        with pytest.raises(NotFound):
            curation.find("plan")
        events = AuditEvent.objects.filter(object="plan").order_by("id")
        assert [event.action for event in events] == ["mcp_server.create", "mcp_server.update", "mcp_server.delete"]
        assert (events[1].details["before"]["title"], events[1].details["after"]["title"]) == ("", "Plan")

    def test_two_cannot_have_one_name(self):
        curation.create("plan", {}, by=NOBODY)
        with pytest.raises(AlreadyExists):
            curation.create("plan", {}, by=NOBODY)

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"tools": [ADD | {"kind": "servers"}]}, "tools"),
            ({"tools": [ADD | {"selector": "demo"}]}, "tools"),
            ({"tools": [ADD | {"alias": "a b"}]}, "tools"),
            ({"tools": [ADD | {"alias": "x" * 65}]}, "tools"),
            ({"tools": [ADD, ADD]}, "tools"),
            ({"tools": [ADD, COUNT_UP | {"alias": "demo__shop__add"}]}, "tools"),
            ({"tools": [ECHOES | {"presets": {"a": 1}}]}, "tools"),
            ({"tools": [ADD | {"surprise": 1}]}, "tools"),
            ({"tools": [ADD | {"description": "x" * 2001}]}, "tools"),
            ({"allow": [""]}, "allow"),
            ({"deny": ["x" * 129]}, "deny"),
            ({"instructions": "x" * 10_001}, "instructions"),
        ],
    )
    def test_faults_are_named_and_nothing_is_kept(self, fields, named):
        with pytest.raises(Invalid) as refusal:
            curation.create("plan", fields, by=NOBODY)
        assert list(refusal.value.errors) == [named]
        assert not CuratedServer.objects.filter(name="plan").exists()

    @pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 64, "a/b"])
    def test_a_name_fits_into_a_url(self, name):
        with pytest.raises(Invalid):
            curation.create(name, {}, by=NOBODY)


def test_a_token_can_be_bound_to_the_servers_that_hold_something_for_its_owner(desk, world):
    names = [f"/api/2.0/mcp/servers/{name}" for name in ("desk", "strict")]
    assert curated_for(world.people["bob"]) == names
    assert curated_for(world.people["charlie"]) == []

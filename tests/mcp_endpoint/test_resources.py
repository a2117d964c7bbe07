"""mcp.md 4.10: catalog objects as resources, their templates and completion, in all revisions."""

import orjson
import pytest
from mcp_types.methods import serialize_server_result

from mcp_endpoint import paging
from tests.mcp_endpoint.asking import FIRST, REVISIONS, Asking
from tests.mcp_endpoint.doors import MODERN
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
FUNCTIONS, TABLES = "/api/2.0/mcp/functions/demo/shop", "/api/2.0/mcp/tables/demo/shop"
TABLE = "gatepost://{catalog}/{schema}/tables/{table}"


@pytest.fixture(scope="module")
def shop(world, django_db_blocker):
    """The schema `shop`, whose functions bob may call and whose tables he may read."""
    with django_db_blocker.unblock():
        world.allow("bob", "SELECT")
        world.tokens["functions"] = world.token("bob", "mcp.functions")
    return Asking(world, TABLES)


def listed(asking, **how):
    found, cursor = {}, None
    while True:
        result = asking.ask("resources/list", {} if cursor is None else {"cursor": cursor}, **how).json["result"]
        found |= {each["uri"]: each for each in result["resources"]}
        cursor = result.get("nextCursor")
        if cursor is None:
            return found


def read(asking, uri, **how):
    [content] = asking.ask("resources/read", {"uri": uri}, **how).json["result"]["contents"]
    assert (content["uri"], content["mimeType"]) == (uri, "application/json")
    return orjson.loads(content["text"])


def complete(asking, argument, value, template=TABLE, **given):
    params = {"ref": {"type": "ref/resource", "uri": template}, "argument": {"name": argument, "value": value}}
    params |= {"context": {"arguments": given}} if given else {}
    return asking.ask("completion/complete", params).json["result"]["completion"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_resources_are_valid_in_every_revision(shop, recorded, revision):
    for method, params in (
        ("resources/list", {}),
        ("resources/templates/list", {}),
        ("resources/read", {"uri": "gatepost://demo"}),
    ):
        result = shop.ask(method, params, revision=revision).json["result"]
        serialize_server_result(method, revision, result)
        assert result.get("cacheScope") == ("private" if revision == MODERN else None)
        assert all(("title" in each) == (revision != FIRST) for each in result.get("resources", ()))
    assert [record.action for record in recorded()] == [
        "mcp.resources/list",
        "mcp.resources/templates/list",
        "mcp.resources/read",
    ]


def test_an_object_describes_itself_and_names_its_tools(shop):
    assert read(shop, "gatepost://demo") == {"catalog": "demo", "schemas": ["shop"]}
    schema = read(shop, "gatepost://demo/shop")
    assert "part" in schema["tables"]
    assert "add" in schema["functions"]
    part = read(shop, "gatepost://demo/shop/tables/part")
    assert [column["name"] for column in part["columns"]] == ["item", "number"]
    assert {"kind": "foreign", "columns": ["item"], "references": ["shop", "item", ["id"]]} in part["keys"]
    assert part["tools"] == ["count_part", "query_part", "query_part_by_item_and_number"]
    echo = read(shop, "gatepost://demo/shop/functions/echo")
    assert len(echo["signatures"]) == 2
    assert all(each["tool"].startswith("demo__shop__echo__") for each in echo["signatures"])


def test_every_listed_resource_can_be_read(shop):
    for uri in listed(shop):
        read(shop, uri)


@requirement("resources-not-found")
@pytest.mark.parametrize(
    "uri",
    [
        "gatepost://demo/secret",
        "gatepost://demo/secret/tables/canary",
        "gatepost://demo/shop/tables/as_owner",
        "gatepost://demo/shop/tables/nothing",
        "gatepost://other",
        "gatepost://demo/shop/",
        "gatepost://demo/shop/tables",
        "gatepost://demo/%73hop",
        "file:///etc/passwd",
    ],
)
def test_what_is_missing_and_what_is_forbidden_look_alike(shop, recorded, uri):
    legacy = shop.ask("resources/read", {"uri": uri}, revision="2025-11-25")
    assert (legacy.status, legacy.json["error"]["code"]) == (200, -32002)
    modern = shop.ask("resources/read", {"uri": uri}, revision=MODERN)
    assert (modern.status, modern.json["error"]["code"]) == (400, -32602)
    assert modern.json["error"]["message"] == "Resource not found"
    assert [record.reason for record in recorded()] == ["unknown_resource"] * 2


@requirement("resources-by-privilege")
def test_nothing_is_listed_that_the_principal_may_not_use(shop):
    of_alice = Asking(shop.world, FUNCTIONS)
    uris = listed(of_alice, who="alice")
    assert "gatepost://demo/shop/functions/add" in uris
    assert not [uri for uri in uris if "/tables/" in uri]
    assert read(of_alice, "gatepost://demo/shop", who="alice")["tables"] == []
    assert not [uri for uri in listed(shop) if "secret" in uri or "as_owner" in uri or "leak" in uri]


@requirement("resources-by-scope")
def test_a_token_for_functions_shows_no_tables(shop):
    uris = listed(Asking(shop.world, FUNCTIONS), who="functions")
    assert "gatepost://demo/shop/functions/add" in uris
    assert not [uri for uri in uris if "/tables/" in uri]


def test_a_url_of_one_function_lists_that_function(shop):
    uris = listed(Asking(shop.world, FUNCTIONS + "/echo"))
    assert [uri for uri in uris if uri.count("/") > 3] == ["gatepost://demo/shop/functions/echo"]


def test_pages_of_resources_follow_each_other(shop, monkeypatch):
    everything = listed(shop)
    monkeypatch.setattr(paging, "PAGE", 7)
    assert listed(shop) == everything
    assert list(everything) == sorted(everything)


def test_names_with_odd_characters_are_encoded_once(shop):
    [uri] = [uri for uri in listed(shop) if "/tables/x" in uri]
    assert uri == "gatepost://demo/shop/tables/x%22%3B%20drop%20table%20t%3B--"
    assert read(shop, uri)["table"] == 'x"; drop table t;--'


def test_the_gaps_of_templates_are_completed(shop):
    templates = shop.ask("resources/templates/list").json["result"]["resourceTemplates"]
    assert TABLE in [each["uriTemplate"] for each in templates]
    assert complete(shop, "catalog", "")["values"] == ["demo"]
    assert complete(shop, "schema", "s", catalog="demo")["values"] == ["shop"]
    assert complete(shop, "table", "re", catalog="demo", schema="shop")["values"] == ["reading", "readings"]
    assert complete(shop, "table", "re", schema="secret")["values"] == []
    assert complete(shop, "table", "", catalog="other")["values"] == []
    assert complete(shop, "function", "")["values"] == []  # the template has no such gap
    assert complete(shop, "table", "canary")["values"] == []
    assert complete(shop, "table", "")["hasMore"] is False


def test_a_url_of_a_whole_catalog_lists_all_schemas_and_the_url_of_none_lists_nothing(shop):
    assert listed(Asking(shop.world, "/api/2.0/mcp/sql/demo")) == listed(shop)
    assert listed(Asking(shop.world, "/api/2.0/mcp/sql")) == {}

"""`?toolset=chatgpt`: search and fetch over the objects that one may see."""

import orjson
import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from tests.mcp_endpoint.asking import FIRST, REVISIONS, Asking
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(world, django_db_blocker):
    with django_db_blocker.unblock():
        world.allow("bob", "SELECT")
        world.allow("alice", "SELECT")
    return Asking(world, "/api/2.0/mcp/tables/demo/shop", "toolset=chatgpt")


def content(result):
    assert not result.get("isError"), result
    return orjson.loads(result["content"][0]["text"])


@requirement("T-chatgpt")
@pytest.mark.parametrize("revision", REVISIONS)
def test_an_object_is_searched_and_fetched_in_every_revision(shop, revision):
    tools = shop.ask("tools/list", revision=revision).json["result"]
    serialize_server_result("tools/list", revision, tools)
    assert [tool["name"] for tool in tools["tools"]] == ["fetch", "search"]
    found = shop.call("search", {"query": "part"}, revision=revision)
    serialize_server_result("tools/call", revision, found)
    first = content(found)["results"][0]
    assert list(first) == ["id", "title", "url"]
    assert first["title"] == "demo.shop.part"
    assert first["url"].endswith("/catalogs/demo/schemas/shop")
    fetched = shop.call("fetch", {"id": first["id"]}, revision=revision)
    serialize_server_result("tools/call", revision, fetched)
    document = content(fetched)
    assert list(document) == ["id", "title", "url", "text", "metadata"]
    assert "number integer" in document["text"]
    assert document["metadata"]["tools"] == ["count_part", "query_part", "query_part_by_item_and_number"]
    assert ("structuredContent" in fetched) == (revision != FIRST)


def test_answers_fit_the_output_schemas(shop):
    tools = shop.tools()
    found = shop.call("search", {"query": "item"})["structuredContent"]
    Draft202012Validator(tools["search"]["outputSchema"]).validate(found)
    fetched = shop.call("fetch", {"id": found["results"][0]["id"]})["structuredContent"]
    Draft202012Validator(tools["fetch"]["outputSchema"]).validate(fetched)
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools.values())


@requirement("T-chatgpt")
def test_an_id_is_sealed_for_one_principal_and_one_url(shop):
    [first, *_] = content(shop.call("search", {"query": "item"}))["results"]
    assert "item" not in first["id"]
    assert shop.call("fetch", {"id": first["id"]}, who="alice")["isError"]
    assert shop.call("fetch", {"id": first["id"][:-2]})["isError"]
    assert shop.call("fetch", {"id": "demo.shop.item"})["isError"]


def test_only_what_one_may_see_is_found(shop):
    assert shop.ask("tools/list", who="charlie").status == 404
    found = content(shop.call("search", {"query": "as_owner"}))["results"]
    assert "demo.shop.as_owner" not in [result["title"] for result in found]
    assert shop.ask("tools/call", {"name": "query_item", "arguments": {}}).json["error"]["code"] == -32602

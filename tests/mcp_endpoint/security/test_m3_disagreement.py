"""M3 of mcp.md 7: headers that say something else than the body."""

import orjson
import pytest

from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import MODERN, headers_for, message, modern, send, send_raw
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
ADD = modern("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1}})
WRITE = modern("tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 7}})


def is_a_mismatch(answer):
    status, _, body = answer
    return (status, orjson.loads(body)["error"]["code"]) == (400, -32020)


@requirement("M3-name")
def test_m3_a_header_that_names_a_reading_tool_does_not_cover_a_write(world, web, recorded):
    assert is_a_mismatch(send(web, WRITE, world.tokens["alice"], MODERN, **{"Mcp-Name": "demo__shop__add"}))
    assert is_a_mismatch(send(web, WRITE, world.tokens["alice"], MODERN, **{"Mcp-Method": "tools/list"}))
    assert recorded() == []


@requirement("M3-body-decides")
def test_m3_where_no_header_is_asked_for_the_body_alone_is_authorized(world, web, recorded):
    value = message("tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 7}})
    status, headers, _ = send(web, value, world.tokens["bob"], "2025-11-25", **{"Mcp-Name": "demo__shop__add"})
    assert (status, 'scope="mcp.functions mcp.write"' in headers["www-authenticate"]) == (403, True)
    [record] = recorded()
    assert (record.details["tool"], record.reason) == ("demo__shop__count_up", "insufficient_scope")


@requirement("M3-doubled")
@pytest.mark.parametrize("name", ["Mcp-Method", "Mcp-Name", "MCP-Protocol-Version"])
def test_m3_a_routing_header_that_occurs_twice_is_refused_even_when_both_agree(name, world, web, recorded):
    host = web.base_url.removeprefix("http://")
    headers = headers_for(ADD, world.tokens["bob"], MODERN, Host=host)
    assert is_a_mismatch(send_raw(web, orjson.dumps(ADD), [*headers.items(), (name.lower(), headers[name])], SHOP))
    assert recorded() == []


@requirement("M3-base64")
@pytest.mark.parametrize(
    "name",
    [
        "=?base64?ZGVtb19fc2hvcF9fYWRk!?=",  # no base64
        "=?base64?ZGVtb19fc2hvcF9fYWRkCg==?=",  # a line break more
        "=?base64?ZGVtb19fc2hvcF9fYWR?=",  # no whole group
        "=?base64?ZGVtb19fc2hvcF9fYWRrIB==?=",  # bits that nobody reads are not zero
        "=?base64?ZGVtb19fc2hvcF9fYWRk",  # no end
        "=?utf-8?ZGVtb19fc2hvcF9fYWRk?=",  # another word
    ],
)
def test_m3_base64_that_is_not_the_one_spelling_of_the_name_is_refused(name, world, web):
    assert is_a_mismatch(send(web, ADD, world.tokens["bob"], MODERN, **{"Mcp-Name": name}))


@requirement("M3-blanks")
@pytest.mark.parametrize("name", ["demo__shop__add", " demo__shop__add\t ", "=?base64?ZGVtb19fc2hvcF9fYWRk?="])
def test_m3_blanks_and_the_right_base64_are_accepted(name, world, web):
    status, _, body = send(web, ADD, world.tokens["bob"], MODERN, **{"Mcp-Name": name})
    assert (status, orjson.loads(body)["result"]["structuredContent"]["rows"]) == (200, [[11]])


@requirement("M3-name")
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (modern("resources/read", {"uri": "gatepost://demo/shop"}), "gatepost://demo/shop"),
        (modern("prompts/get", {"name": "any", "arguments": {}}), "any"),
    ],
    ids=["resource", "prompt"],
)
def test_m3_the_name_of_a_resource_or_prompt_is_compared_too(value, name, world, web):
    token = world.tokens["alice"]
    for wrong in ("other", None):
        assert is_a_mismatch(send(web, value, token, MODERN, **{"Mcp-Name": wrong}))
    _, _, body = send(web, value, token, MODERN, **{"Mcp-Name": name})
    assert orjson.loads(body).get("error", {}).get("code") != -32020

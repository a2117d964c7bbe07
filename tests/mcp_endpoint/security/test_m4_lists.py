"""M4 of mcp.md 7: what one may see is never remembered for another."""

import orjson
import pytest

from audit.models import AuditEvent
from catalog.models import Privilege
from tests.mcp_endpoint.doors import MODERN, message, modern, send
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
SIGNATURES = {"add": "integer,integer", "numbers": "integer"}


@pytest.fixture
def divided(own_world):
    """alice may call `add`, bob `numbers`; both may see the schema."""
    Privilege.objects.filter(action="EXECUTE").delete()
    for who, name in (("alice", "add"), ("bob", "numbers")):
        where = {"securable": "function", "schema": "shop", "object": name, "signature": SIGNATURES[name]}
        Privilege.objects.create(user=own_world.people[who], action="EXECUTE", catalog=own_world.catalog, **where)
    return own_world


def result(web, token, value, revision="2025-11-25"):
    status, _, body = send(web, value, token, revision)
    return status, orjson.loads(body)


@requirement("M4-lists")
def test_m4_two_principals_see_their_own_tools_and_nobody_may_keep_the_list_for_others(divided, own_web):
    for _ in range(2):
        for who, name in (("alice", "add"), ("bob", "numbers")):
            _, body = result(own_web, divided.tokens[who], modern("tools/list"), MODERN)
            assert [tool["name"] for tool in body["result"]["tools"]] == [f"demo__shop__{name}"]
            assert body["result"]["cacheScope"] == "private"
    _, body = result(own_web, divided.tokens["alice"], modern("server/discover"), MODERN)
    assert body["result"]["cacheScope"] == "private"


@requirement("M4-revoked")
def test_m4_a_tool_from_a_list_that_is_still_held_is_unknown_within_a_second(divided, own_web):
    add = message("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1}})
    alice = divided.tokens["alice"]
    assert result(own_web, alice, add)[1]["result"]["structuredContent"]["rows"] == [[11]]
    where = {"securable": "function", "schema": "shop", "object": "numbers", "signature": SIGNATURES["numbers"]}
    Privilege.objects.create(user=divided.people["alice"], action="EXECUTE", catalog=divided.catalog, **where)
    Privilege.objects.filter(user=divided.people["alice"], object="add").delete()
    until(lambda: "error" in result(own_web, alice, add)[1], limit=1.0)
    before = AuditEvent.objects.latest("id").id
    assert result(own_web, alice, add) == (
        200,
        {"jsonrpc": "2.0", "id": 1, "error": {"code": -32602, "message": "Unknown tool: demo__shop__add"}},
    )
    [record] = AuditEvent.objects.filter(id__gt=before)
    assert (record.outcome, record.reason) == ("denied", "unknown_tool")

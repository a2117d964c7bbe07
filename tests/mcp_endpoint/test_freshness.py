"""What changes between two calls. Each test commits, so each has a world of its own."""

import asyncio

import orjson
import pytest
from django.db.models import F

from accounts.models import PersonalAccessToken
from audit import event_loop, record
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog.models import Catalog, Privilege, Relation
from config.asgi import application
from connections import tokens
from mcp_endpoint import authoring, preview
from mcp_endpoint.paths import canonical
from tests.mcp_endpoint.asking import Asking
from tests.mcp_endpoint.conftest import SHOP, make_world
from tests.mcp_endpoint.doors import asgi, headers_for, message, post
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = "/api/2.0/mcp/tables/demo/shop"
LIST = message("tools/list")


@pytest.fixture
def world(db, workshop):
    return make_world(workshop)


def call(name, arguments, identity=1):
    return message("tools/call", {"name": name, "arguments": arguments}, identity)


@requirement("M4-revoked")
def test_m4_a_privilege_that_is_taken_away_is_felt_within_a_second(world):
    bob = world.tokens["bob"]
    assert post(SHOP, LIST, bob).status == 200
    Privilege.objects.filter(user=world.people["bob"]).delete()
    until(lambda: post(SHOP, LIST, bob).status == 404, limit=1.0)
    add = post(SHOP, call("demo__shop__add", {"a": 1}), bob)
    assert (add.status, add.json["error"]["code"]) == (404, -32602)
    last = AuditEvent.objects.order_by("-id")[0]
    assert (last.action, last.outcome, last.reason) == ("mcp.tools/call", "denied", "not_visible")


@requirement("M4-revoked")
def test_m4_one_function_that_is_taken_away_is_an_unknown_tool(world):
    bob = world.tokens["bob"]
    person = world.people["bob"]
    Privilege.objects.filter(user=person, action="EXECUTE").delete()
    for name, signature in (("add", "integer,integer"), ("sleep", "double precision")):
        Privilege.objects.create(
            user=person,
            action="EXECUTE",
            securable="function",
            catalog=world.catalog,
            schema="shop",
            object=name,
            signature=signature,
        )
    until(lambda: len(post(SHOP, LIST, bob).json["result"]["tools"]) == 2, limit=1.0)
    Privilege.objects.filter(user=person, object="add").delete()
    answer = lambda: post(SHOP, call("demo__shop__add", {"a": 1}), bob).json  # noqa: E731
    until(lambda: "error" in answer(), limit=1.0)
    assert answer()["error"] == {"code": -32602, "message": "Unknown tool: demo__shop__add"}


def test_a_revoked_token_is_refused_within_a_second(world):
    bob = world.tokens["bob"]
    assert post(SHOP, LIST, bob).status == 200
    PersonalAccessToken.objects.filter(owner=world.people["bob"]).update(revoked_at=world.catalog.created_at)
    until(lambda: post(SHOP, LIST, bob).status == 401, limit=1.0)


@requirement("M2-crossed")
def test_m2_answers_of_two_tokens_with_equal_ids_never_cross(world):
    async def ask(number):
        who = ("alice", "bob")[number % 2]
        value = call("demo__shop__same_texts", {"v": [f"{who} {number}"]}, identity=number // 2)
        headers = headers_for(value, world.tokens[who], "2025-11-25", **{"Mcp-Session-Id": "session-of-alice"})
        answer = await asgi("POST", SHOP, headers, orjson.dumps(value))
        return number, who, answer

    async def everybody():
        return await asyncio.gather(*map(ask, range(1000)))

    for number, who, answer in event_loop.run(everybody(), 60):
        assert answer.json["id"] == number // 2
        assert answer.json["result"]["structuredContent"]["rows"] == [[[f"{who} {number}"]]]
        assert "mcp-session-id" not in answer.headers
    for event in AuditEvent.objects.filter(action="mcp.tools/call"):
        assert event.parameters["arguments"]["v"][0].startswith(event.principal_name.partition("@")[0])


def test_a_client_that_goes_away_cancels_its_statement(world):
    value = call("demo__shop__sleep", {"seconds": 30})

    async def leave():
        body = [{"type": "http.request", "body": orjson.dumps(value)}, {"type": "http.disconnect"}]
        sent = []

        async def receive():
            return body.pop(0)

        async def send(part):
            sent.append(part)

        headers = headers_for(value, world.tokens["bob"])
        scope = {
            "type": "http",
            "method": "POST",
            "path": SHOP,
            "raw_path": SHOP.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }
        await application(scope, receive, send)
        return sent

    assert event_loop.run(leave(), 5) == []
    [event] = AuditEvent.objects.filter(action="mcp.tools/call")
    assert (event.outcome, event.reason) == ("failed", "cancelled")


@pytest.mark.parametrize("token", ["bob", None])
@requirement("M9-no-record", "MCP-RUNG-38")
def test_m9_no_record_no_answer(world, monkeypatch, token):
    async def down(event):
        raise record.AuditUnavailable

    monkeypatch.setattr(record, "durable", down)
    answer = post(SHOP, call("demo__shop__add", {"a": 1}), world.tokens.get(token))
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json["error"]["code"] == 503
    assert b"rows" not in answer.body


@requirement("M9-no-record")
def test_m9_a_writing_call_without_an_attempt_on_record_does_not_run(world, monkeypatch):
    ran = []
    monkeypatch.setattr("catalog.functions.call", lambda *args, **more: ran.append(args))
    monkeypatch.setattr(record, "durable", _down)
    answer = post(SHOP, call("demo__shop__count_up", {"n": 1}), world.tokens["alice"])
    assert (answer.status, ran) == (503, [])


async def _down(event):
    raise record.AuditUnavailable


@requirement("MCP-RUNG-37")
def test_a_crash_says_nothing_but_a_request_id(world, monkeypatch):
    async def crash(*args, **more):
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("catalog.functions.call", crash)
    answer = post(SHOP, call("demo__shop__add", {"a": 1}), world.tokens["bob"])
    [event] = AuditEvent.objects.filter(action="mcp.tools/call")
    assert (event.outcome, event.reason) == ("failed", "internal_error")
    assert answer.json["error"]["code"] == -32603
    assert event.request_id in answer.json["error"]["message"]
    assert b"secret" not in answer.body


@pytest.mark.parametrize(
    ("scopes", "shown"),
    [
        (["mcp.functions"], {}),
        (["mcp.functions", "mcp.write"], {"demo__shop__count_up": True}),
        (["mcp.sql"], None),
    ],
)
@requirement("AS-CONSENT-TOOLS")
def test_the_consent_page_shows_the_tools_that_the_scopes_would_open(world, scopes, shown):
    path = canonical(SHOP)
    raw = world.token("bob", *scopes, resources=[path])
    grant = event_loop.run(tokens.verify(raw, resource=path, address=None))
    tools = {tool.name: tool.writes for tool in preview.preview_tools(grant)}
    assert (tools.get("demo__shop__add") is False) == (shown is not None)
    assert {name: writes for name, writes in tools.items() if writes} == (shown or {})


def test_a_table_that_changed_is_off_until_an_admin_looked(world):
    world.allow("bob", "SELECT")
    shop = Asking(world, TABLES)
    call = {"name": "count_part", "arguments": {}}
    assert "result" in shop.ask("tools/call", call).json
    Relation.objects.filter(name="part").update(accepted={"comment": "before"})
    Catalog.objects.update(version=F("version") + 1)
    until(lambda: shop.ask("tools/call", call).json.get("error", {}).get("code") == -32003, limit=1.0)
    assert not {"count_part", "query_part"} & set(shop.tools())
    assert "count_item" in shop.tools()


def test_a_table_that_may_no_longer_be_read_is_unknown_within_a_second(world):
    for table in ("item", "part"):
        names = {"securable": "table", "schema": "shop", "object": table}
        Privilege.objects.create(user=world.people["bob"], action="SELECT", catalog=world.catalog, **names)
    shop = Asking(world, TABLES)
    call = {"name": "query_item_by_id", "arguments": {"id": 1}}
    assert "result" in shop.ask("tools/call", call).json
    Privilege.objects.filter(object="item").delete()
    until(lambda: shop.ask("tools/call", call).json.get("error", {}).get("code") == -32602, limit=1.0)
    assert set(shop.tools()) == {"query_part", "count_part", "query_part_by_item_and_number"}


def test_a_prompt_is_offered_changed_and_gone_within_a_second(world):
    shop = Asking(world, SHOP)
    found = lambda: [each.get("title") for each in shop.ask("prompts/list").json["result"]["prompts"]]  # noqa: E731
    assert found() == []
    fields = {"title": "Hello", "messages": [{"role": "user", "text": "Hello"}], "offered_on": ["functions"]}
    prompt = authoring.create("hello", fields, by=NOBODY)
    until(lambda: found() == ["Hello"], limit=1.0)
    prompt = authoring.change(prompt, {"title": "Good day"}, by=NOBODY)
    until(lambda: found() == ["Good day"], limit=1.0)
    authoring.delete(prompt, by=NOBODY)
    until(lambda: found() == [], limit=1.0)

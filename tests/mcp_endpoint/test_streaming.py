"""Progress, heartbeats, cancellation: a call whose answer is a stream, through both doors."""

import asyncio

import orjson
import pytest

from audit import event_loop
from mcp_endpoint import channel
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import DOORS, MODERN, asgi, headers_for, message, modern, post, through_asgi
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db

SLEEP = "demo__shop__sleep"


@pytest.fixture
def quick_pulse(monkeypatch):
    """Signs of life come fast enough to wait for."""
    monkeypatch.setattr(channel, "PULSE", 0.05)
    monkeypatch.setattr(channel, "HEARTBEAT", 0.05)


def sleep(seconds, revision, progress="t1", **meta):
    params = {"name": SLEEP, "arguments": {"seconds": seconds}}
    asked = {"progressToken": progress, **meta} if progress is not None else meta
    if revision == MODERN:
        return modern("tools/call", params, **asked)
    return message("tools/call", {**params, "_meta": asked})


@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18", "2025-11-25", MODERN])
@pytest.mark.parametrize("door", DOORS)
def test_a_call_with_a_progress_token_tells_that_it_runs(world, recorded, quick_pulse, door, revision):
    answer = post(SHOP, sleep(0.3, revision), world.tokens["bob"], revision, DOORS[door])
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["x-accel-buffering"] == "no"
    *progress, last = answer.events
    assert {each["method"] for each in progress} == {"notifications/progress"}
    assert {each["params"]["progressToken"] for each in progress} == {"t1"}
    done = [each["params"]["progress"] for each in progress]
    assert done == sorted(set(done))
    assert not last["result"].get("isError")
    [record] = recorded()
    assert (record.outcome, record.row_count) == ("allowed", 1)


def test_a_quick_call_is_answered_in_one_piece_whatever_it_asked_for(world):
    answer = post(SHOP, sleep(0, MODERN), world.tokens["bob"], MODERN)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["result"]["resultType"] == "complete"


def test_a_client_that_takes_no_stream_gets_none(world, quick_pulse):
    answer = post(SHOP, sleep(0.3, MODERN), world.tokens["bob"], MODERN, Accept="application/json")
    assert answer.headers["content-type"] == "application/json"


def test_a_refusal_before_the_first_event_keeps_its_status(world):
    value = modern("tools/call", {"name": "nope"}, progressToken=1)
    answer = post(SHOP, value, world.tokens["bob"], MODERN)
    assert (answer.status, answer.json["error"]["code"]) == (400, -32602)


def test_a_stream_without_progress_is_kept_alive_by_comments(world, quick_pulse):
    headers = {"Accept": "text/event-stream"}
    answer = post(SHOP, sleep(0.3, MODERN, None), world.tokens["bob"], MODERN, **headers)
    assert answer.body.startswith(b": still here\n\n")
    assert len(answer.events) == 1


def test_a_failure_in_a_stream_is_its_last_event(world, recorded, quick_pulse):
    value = sleep(5, MODERN, statement_timeout_ms=200)
    answer = post(SHOP, value, world.tokens["bob"], MODERN)
    assert answer.events[-1]["result"]["isError"]
    assert [record.outcome for record in recorded()] == ["failed"]


def start(world, value, revision=None, who="bob"):
    """Send the call and let it run."""
    call = asgi("POST", SHOP, headers_for(value, world.tokens[who], revision), orjson.dumps(value))
    return asyncio.run_coroutine_threadsafe(call, event_loop.owner())


def cancel(world, identity, who="bob", revision=None):
    value = message("notifications/cancelled", {"requestId": identity}, identity=None)
    return post(SHOP, value, world.tokens[who], revision)


@pytest.mark.parametrize("token", [None, "t1"])
@requirement("MCP-CANCELLED")
def test_a_legacy_client_cancels_its_own_call(world, recorded, quick_pulse, token):
    future = start(world, sleep(30, "2025-11-25", token))

    def is_cancelled():
        assert cancel(world, 1).status == 202
        return future.done()

    until(is_cancelled, limit=10)
    answer = future.result()
    [last] = answer.events[-1:] or [answer.json]
    assert (last["id"], last["error"]["code"]) == (1, -32800)
    until(recorded, limit=5)
    assert [(record.outcome, record.reason) for record in recorded()] == [("failed", "cancelled")]


@requirement("MCP-CANCELLED")
def test_nobody_cancels_the_call_of_another(world, quick_pulse):
    future = start(world, sleep(1, "2025-11-25", None))
    for who, identity in (("alice", 1), ("bob", 2), ("bob", "1"), ("bob", None)):
        cancel(world, identity, who)
    assert not future.result(timeout=10).json["result"].get("isError")


def test_two_calls_of_one_name_are_both_left_alone(world):
    futures = [start(world, sleep(1, "2025-11-25", None)) for _ in range(2)]
    cancel(world, 1)
    assert all("result" in future.result(timeout=10).json for future in futures)


@requirement("MCP-CLOSED-STREAM")
def test_a_modern_stream_that_is_closed_ends_the_statement(world, recorded, quick_pulse):
    future = start(world, sleep(30, MODERN), MODERN)
    event_loop.run(asyncio.sleep(0.2))
    future.cancel()
    until(recorded, limit=5)
    assert [(record.outcome, record.reason) for record in recorded()] == [("failed", "cancelled")]


def test_a_django_stream_that_is_closed_ends_the_statement(world, recorded, quick_pulse, client):
    value = sleep(30, MODERN)
    headers = {
        f"HTTP_{n.upper().replace('-', '_')}": v for n, v in headers_for(value, world.tokens["bob"], MODERN).items()
    }
    headers.pop("HTTP_CONTENT_TYPE")
    response = client.generic("POST", SHOP, orjson.dumps(value), "application/json", SERVER_PORT="8000", **headers)
    assert b"notifications/progress" in next(response.streaming_content)
    response._iterator.close()  # what a WSGI server does when its client is gone, without ending the test's connection
    until(recorded, limit=5)
    assert [(record.outcome, record.reason) for record in recorded()] == [("failed", "cancelled")]


@pytest.mark.parametrize("method", ["resources/list", "resources/templates/list", "prompts/list"])
@pytest.mark.parametrize("revision", ["2025-03-26", "2025-06-18", "2025-11-25", MODERN])
def test_lists_are_there_in_every_revision_and_private(world, method, revision):
    value = modern(method) if revision == MODERN else message(method)
    result = post(SHOP, value, world.tokens["bob"], revision).json["result"]
    assert (result.get("cacheScope"), result.get("ttlMs")) == (
        ("private", 60_000) if revision == MODERN else (None, None)
    )


@pytest.mark.parametrize(("revision", "status", "code"), [("2025-11-25", 200, -32002), (MODERN, 400, -32602)])
@requirement("MCP-RESOURCE-NOT-FOUND")
def test_a_resource_that_is_not_there_is_named(world, recorded, revision, status, code):
    params = {"uri": "gatepost://demo/nothing"}
    value = modern("resources/read", params) if revision == MODERN else message("resources/read", params)
    answer = post(SHOP, value, world.tokens["bob"], revision)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert answer.json["error"]["data"] == params
    assert [record.reason for record in recorded()] == ["unknown_resource"]


def test_a_prompt_and_a_reference_that_are_not_there_are_refused(world):
    value = message("prompts/get", {"name": "nothing"})
    assert (
        through_asgi("POST", SHOP, headers_for(value, world.tokens["bob"]), orjson.dumps(value)).json["error"]["code"]
        == -32602
    )
    for ref in ({"type": "ref/prompt", "name": "x"}, {"type": "ref/resource", "uri": "gatepost://{x}"}):
        value = message("completion/complete", {"ref": ref, "argument": {"name": "x", "value": ""}})
        assert post(SHOP, value, world.tokens["bob"]).json["error"]["code"] == -32602

"""M10 of mcp.md 7: what a person approved is this very call, once. Everything else asks again or is refused."""

import itertools
import time

import pytest

from audit import event_loop
from audit.event import NOBODY
from catalog import connect, snapshot
from mcp_endpoint import confirmation, request_state
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import DOORS, MODERN, PREFIX, modern, post
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db

COUNT = "demo__shop__count_up"
ABLE = {"elicitation": {}}
YES = {"action": "accept", "content": {"allow": True}}


@pytest.fixture(autouse=True, scope="module")
def asks_always(world, django_db_blocker):
    with django_db_blocker.unblock():
        world.tokens["carol"] = world.token("alice", "all-apis", "mcp.write")  # the same person, another credential
        world.allow("charlie", "USE_CATALOG", "USE_SCHEMA", "EXECUTE")
        world.tokens["charlie"] = world.token("charlie", "all-apis", "mcp.write")
        policy(world, "always")


def policy(world, confirm_writes):
    connect.update(world.catalog, by=NOBODY, confirm_writes=confirm_writes)
    until(lambda: event_loop.run(snapshot.header("demo")).confirm_writes == confirm_writes, limit=5)


fresh = itertools.count(1_000)  # count_up takes each number once


def ask(world, n, *, who="alice", capabilities=ABLE, door="asgi", name=COUNT, **more):
    params = {"name": name, "arguments": {"n": n}, **more}
    value = modern("tools/call", params, **{f"{PREFIX}clientCapabilities": capabilities})
    answer = post(SHOP, value, world.tokens[who], MODERN, DOORS[door])
    return answer.json.get("result") or answer.json["error"]


def approve(asked, answer=YES):
    return {"requestState": asked["requestState"], "inputResponses": {confirmation.KEY: answer}}


def text(result):
    return result["content"][0]["text"]


@requirement("M10-asked")
@pytest.mark.parametrize("door", DOORS)
def test_m10_a_write_waits_for_a_person_who_sees_what_it_is(world, recorded, door):
    n = next(fresh)
    asked = ask(world, n, door=door)
    assert asked["resultType"] == "input_required"
    request = asked["inputRequests"][confirmation.KEY]
    assert request["method"] == "elicitation/create"
    assert "count_up" in request["params"]["message"]
    assert f'{{"n":{n}}}' in request["params"]["message"]
    assert [(record.outcome, record.reason) for record in recorded()] == [("denied", "input_required")]

    done = ask(world, n, door=door, **approve(asked))
    assert done["resultType"] == "complete"
    assert not done.get("isError")
    attempt, outcome = recorded()[1:]
    assert (attempt.outcome, outcome.outcome) == ("attempt", "allowed")
    assert attempt.details["confirmed"] is outcome.details["confirmed"] is True


@requirement("M10-once")
def test_m10_an_approval_is_used_once(world, recorded):
    n = next(fresh)
    asked = ask(world, n)
    assert not ask(world, n, **approve(asked)).get("isError")
    again = ask(world, n, **approve(asked))
    assert again["isError"]
    assert recorded()[-1].reason == "APPROVAL_USED"


@requirement("M10-bound")
@pytest.mark.parametrize(
    "changed",
    [{"n": 1}, {"who": "carol"}, {"who": "charlie"}, {"name": "demo__shop__add"}],
    ids=["arguments", "credential", "principal", "tool"],
)
def test_m10_an_approval_is_for_the_very_call(world, recorded, changed):
    n = next(fresh)
    approval = approve(ask(world, n))
    refused = ask(world, **({"n": n} | changed), **approval)
    assert refused["code"] == -32602
    assert recorded()[-1].reason == "invalid_request_state"
    assert not ask(world, n, **approval).get("isError")  # and it is still good for what it was given for


@requirement("M10-expires")
def test_m10_an_approval_expires(world, monkeypatch):
    approval = approve(ask(world, 1))
    late = time.time() + request_state.SECONDS + 1
    monkeypatch.setattr(request_state.time, "time", lambda: late)
    assert ask(world, 1, **approval)["code"] == -32602


@requirement("M10-only-a-yes")
@pytest.mark.parametrize(
    "answer",
    [
        {"action": "decline"},
        {"action": "cancel"},
        {"action": "accept"},
        {"action": "accept", "content": {"allow": False}},
        {"action": "accept", "content": {"allow": "true"}},
    ],
)
def test_m10_only_a_yes_is_a_yes(world, recorded, answer):
    result = ask(world, 1, **approve(ask(world, 1), answer))
    assert result.get("isError") or result["code"] == -32602
    assert "attempt" not in [record.outcome for record in recorded()]


@requirement("M10-sealed")
def test_m10_a_state_that_was_not_sealed_here_is_refused(world):
    sealed = ask(world, 1)["requestState"]
    for forged in (sealed + "x", sealed[:-1], "v1.AAAA", ""):
        assert ask(world, 1, requestState=forged, inputResponses={confirmation.KEY: YES})["code"] == -32602


def test_an_answer_without_the_question_asks_it(world):
    assert ask(world, 1, inputResponses={confirmation.KEY: YES})["resultType"] == "input_required"


@requirement("M10-cannot-ask")
@pytest.mark.parametrize("capabilities", [{}, {"sampling": {}}, {"elicitation": {"url": {}}}])
def test_a_client_that_cannot_ask_may_not_write_where_a_person_must_confirm(world, recorded, capabilities):
    assert ask(world, 1, capabilities=capabilities)["isError"]
    assert [(record.outcome, record.reason) for record in recorded()] == [("denied", "CONFIRMATION_NEEDED")]


def test_reading_asks_nobody(world):
    params = {"name": "demo__shop__add", "arguments": {"a": 1}}
    value = modern("tools/call", params, **{f"{PREFIX}clientCapabilities": ABLE})
    assert post(SHOP, value, world.tokens["alice"], MODERN).json["result"]["resultType"] == "complete"


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("traceparent", "kept"),
    [(TRACE, True), (TRACE.upper(), False), (TRACE[:-1], False), ("00-" + "0" * 32 + TRACE[35:], False), (7, False)],
)
def test_a_well_formed_trace_is_on_record(world, recorded, traceparent, kept):
    post(SHOP, modern("tools/list", traceparent=traceparent), world.tokens["alice"], MODERN)
    assert recorded()[0].details.get("traceparent") == (traceparent if kept else None)

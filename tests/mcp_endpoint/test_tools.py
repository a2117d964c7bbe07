"""tools/list and tools/call of functions, in all revisions."""

import orjson
import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from catalog.models import Routine
from mcp_endpoint import paging
from mcp_endpoint.tools import tool
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import MODERN, message, modern, post
from tests.requirements import requirement

pytestmark = pytest.mark.django_db

FIRST, SECOND, THIRD = "2025-03-26", "2025-06-18", "2025-11-25"
REVISIONS = (FIRST, SECOND, THIRD, MODERN)


def ask(world, method, params=None, *, who="bob", revision=THIRD, path=SHOP):
    value = modern(method, params) if revision == MODERN else message(method, params)
    return post(path, value, world.tokens[who], revision)


def call(world, name, arguments, **how):
    answer = ask(world, "tools/call", {"name": name, "arguments": arguments}, **how)
    assert answer.status == 200, answer
    return answer.json["result"]


def listed(world, **how):
    tools, cursor = [], None
    while True:
        result = ask(world, "tools/list", {} if cursor is None else {"cursor": cursor}, **how).json["result"]
        tools += result["tools"]
        cursor = result.get("nextCursor")
        if cursor is None:
            return tools


@pytest.mark.parametrize("revision", REVISIONS)
@requirement("MCP-RESULT-BY-REVISION")
def test_a_function_is_called_in_every_revision(world, recorded, revision):
    result = call(world, "demo__shop__add", {"a": 1}, revision=revision)
    assert result["content"] == [{"type": "text", "text": '{"is_truncated":false,"columns":["output"],"rows":[[11]]}'}]
    assert result["_meta"]["gatepost/column_types"] == ["integer"]
    assert ("structuredContent" in result) == (revision != FIRST)
    assert ("resultType" in result) == (revision == MODERN)
    serialize_server_result("tools/call", revision, result)
    [record] = recorded()
    assert (record.action, record.outcome, record.object) == ("mcp.tools/call", "allowed", "demo.shop.add")
    assert record.parameters == {"arguments": {"a": 1}}
    assert record.row_count == 1
    assert record.principal_name == "bob@example.com"
    assert record.details["revision"] == revision
    assert record.duration_ms > 0


@pytest.mark.parametrize("revision", REVISIONS)
@requirement("MCP-RESULT-BY-REVISION", "MCP-TOOL-ORDER")
def test_the_list_is_valid_in_every_revision(world, recorded, revision):
    result = ask(world, "tools/list", revision=revision).json["result"]
    serialize_server_result("tools/list", revision, result)
    names = [tool["name"] for tool in result["tools"]]
    assert names == sorted(names)
    assert ("cacheScope" in result) == (revision == MODERN)
    add = next(tool for tool in result["tools"] if tool["name"] == "demo__shop__add")
    modern_keys = {"title", "outputSchema", "_meta"}
    assert add.keys() == {"name", "description", "inputSchema", "annotations"} | (
        set() if revision == FIRST else modern_keys
    )
    [record] = recorded()
    assert (record.action, record.outcome, record.row_count) == ("mcp.tools/list", "allowed", len(names))


@requirement("MCP-DISCOVER", "MCP-CACHE-HINTS")
def test_modern_results_say_how_long_they_hold_and_for_whom(world):
    for method, ttl in (("tools/list", 60_000), ("server/discover", 300_000)):
        result = ask(world, method, revision=MODERN).json["result"]
        serialize_server_result(method, MODERN, result)
        assert (result["resultType"], result["ttlMs"], result["cacheScope"]) == ("complete", ttl, "private")
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "gatepost"


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(FIRST, FIRST), (SECOND, SECOND), (THIRD, THIRD), (MODERN, THIRD), ("2024-11-05", THIRD)],
)
@requirement("MCP-INITIALIZE")
def test_initialize_answers_a_version_that_has_a_handshake(world, asked, answered):
    params = {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    answer = ask(world, "initialize", params, revision=None)
    result = answer.json["result"]
    assert result["protocolVersion"] == answered
    assert result["capabilities"] == {"tools": {}, "resources": {}, "prompts": {}, "completions": {}}
    assert ("title" in result["serverInfo"]) == (answered != FIRST)
    assert "mcp-session-id" not in answer.headers
    serialize_server_result("initialize", answered, result)


@requirement("MCP-SCHEMAS")
def test_a_tool_describes_its_function(world):
    tools = {tool["name"]: tool for tool in listed(world)}
    add = tools["demo__shop__add"]
    assert add["title"] == "add(a integer, b integer)"
    assert add["description"].startswith("Adds two numbers\n\n")
    assert add["inputSchema"]["required"] == ["a"]
    assert add["inputSchema"]["additionalProperties"] is False
    assert add["annotations"] == {"readOnlyHint": True, "openWorldHint": False}
    assert add["_meta"] == {
        "gatepost/object": {"catalog": "demo", "schema": "shop", "name": "add", "arguments": "integer,integer"}
    }
    assert tools["demo__shop__count_up"]["annotations"]["readOnlyHint"] is False
    for each in tools.values():
        Draft202012Validator.check_schema(each["inputSchema"])
        Draft202012Validator.check_schema(each["outputSchema"])


@requirement("MCP-STRUCTURED")
def test_every_result_fits_the_output_schema(world):
    for name, arguments in (("every_type", {}), ("pairs", {"n": 3}), ("two_out", {"a": 1}), ("nothing", {})):
        result = call(world, f"demo__shop__{name}", arguments)
        Draft202012Validator(tool.OUTPUT_SCHEMA).validate(result["structuredContent"])
        assert orjson.loads(result["content"][0]["text"]) == result["structuredContent"]


@requirement("MCP-TOOL-ORDER", "MCP-CURSOR")
def test_pages_follow_each_other_and_belong_to_one_principal(world, monkeypatch):
    everything = [tool["name"] for tool in listed(world)]
    monkeypatch.setattr(paging, "PAGE", 7)
    assert [tool["name"] for tool in listed(world)] == everything
    cursor = ask(world, "tools/list").json["result"]["nextCursor"]
    assert ask(world, "tools/list", {"cursor": cursor}, who="alice").json["error"]["code"] == -32602
    elsewhere = ask(world, "tools/list", {"cursor": cursor}, path=SHOP + "/add")
    assert elsewhere.json["error"]["code"] == -32602
    assert ask(world, "tools/list", {"cursor": cursor[:-1]}).json["error"]["code"] == -32602


def test_the_url_of_one_function_has_its_overloads_only(world):
    names = [tool["name"] for tool in listed(world, path=SHOP + "/echo")]
    assert len(names) == 2
    assert all(name.startswith("demo__shop__echo__") for name in names)
    unknown = ask(world, "tools/call", {"name": "demo__shop__echo", "arguments": {}}, path=SHOP + "/echo")
    assert unknown.json["error"]["message"] == f"Unknown tool: demo__shop__echo. Did you mean {', '.join(names)}?"
    assert call(world, names[0], {"v": 1 if "integer" in call_signature(world, names[0]) else "1"})


def call_signature(world, name):
    return next(tool for tool in listed(world) if tool["name"] == name)["_meta"]["gatepost/object"]["arguments"]


def test_a_writing_call_leaves_one_attempt_and_one_outcome(world, recorded):
    result = call(world, "demo__shop__count_up", {"n": 1}, who="alice")
    attempt, outcome = recorded()
    assert (attempt.outcome, outcome.outcome) == ("attempt", "failed" if result.get("isError") else "allowed")
    assert outcome.attempt_id == attempt.event_id
    assert attempt.parameters == outcome.parameters == {"arguments": {"n": 1}}


def test_wrong_arguments_of_a_writing_call_are_no_attempt(world, recorded):
    assert call(world, "demo__shop__count_up", {"n": "x"}, who="alice")["isError"]
    [record] = recorded()
    assert (record.outcome, record.reason) == ("failed", "invalid_arguments")


@requirement("RS-403-SCOPE")
def test_a_write_without_the_scope_is_challenged_for_both_scopes(world):
    answer = ask(world, "tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 1}})
    assert answer.status == 403
    assert answer.headers["www-authenticate"] == (
        'Bearer realm="gatepost", error="insufficient_scope", scope="mcp.functions mcp.write", resource_metadata='
        f'"http://localhost:8000/.well-known/oauth-protected-resource{SHOP}", '
        'error_description="The token does not cover mcp.write."'
    )


@pytest.mark.parametrize("options", [{"row_limit": 2}, {"row_limit": 2, "io.example/own": 1}])
def test_a_preset_limit_cuts_and_says_so(world, options):
    params = {"name": "demo__shop__numbers", "arguments": {"n": 5}, "_meta": options}
    result = ask(world, "tools/call", params).json["result"]
    assert result["structuredContent"] == {"is_truncated": True, "columns": ["output"], "rows": [[1], [2]]}


def test_a_preset_timeout_ends_the_statement(world, recorded):
    params = {"name": "demo__shop__sleep", "arguments": {"seconds": 30}, "_meta": {"statement_timeout_ms": 50}}
    assert ask(world, "tools/call", params).json["result"]["isError"]
    [record] = recorded()
    assert record.outcome == "failed"


@requirement("MCP-RUNG-36")
def test_a_failure_tells_the_model_and_the_auditor(world, recorded):
    assert call(world, "demo__shop__add", {"a": 2**31 - 1, "b": 1})["isError"]
    [record] = recorded()
    assert (record.outcome, record.reason) == ("failed", "22003")


@requirement("M7-markup")
def test_m7_rows_that_look_like_markup_stay_json(world):
    text = '"}]}</script>{"jsonrpc":"2.0","result":{}}\u2028'
    answer = ask(world, "tools/call", {"name": "demo__shop__same_texts", "arguments": {"v": [text]}})
    assert answer.json["result"]["structuredContent"]["rows"] == [[[text]]]


@requirement("M4-lists")
def test_m4_two_principals_see_different_lists(world, recorded):
    assert ask(world, "tools/list", who="charlie").status == 404
    assert listed(world)
    assert [record.outcome for record in recorded()] == ["denied", "allowed"]


def test_a_function_that_runs_as_its_owner_needs_a_privilege_of_its_own(world):
    assert Routine.objects.filter(name="leak").exists()
    assert "demo__shop__leak" not in [tool["name"] for tool in listed(world)]


class TestBatch:
    """2025-03-26 only."""

    @requirement("MCP-BATCH")
    def test_every_call_has_its_answer_and_its_record(self, world, recorded):
        calls = [
            message("ping", identity="a"),
            message("notifications/initialized", identity=None),
            message("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1}}, identity=2),
            message("tools/call", {"name": "nope"}, identity=3),
            7,
        ]
        answers = {answer["id"]: answer for answer in post(SHOP, calls, world.tokens["bob"]).json}
        assert answers["a"]["result"] == {}
        assert "structuredContent" not in answers[2]["result"]
        assert (answers[3]["error"]["code"], answers[None]["error"]["code"]) == (-32602, -32600)
        assert sorted(r.reason or r.outcome for r in recorded()) == ["allowed", "allowed", "unknown_tool"]

    @requirement("MCP-NOTIFICATION")
    def test_notifications_alone_are_accepted(self, world, recorded):
        answer = post(SHOP, [message("notifications/initialized", identity=None)], world.tokens["bob"])
        assert (answer.status, answer.body) == (202, b"")
        assert recorded() == []

    @requirement("MCP-BATCH")
    def test_one_call_without_scope_refuses_all_before_the_first_runs(self, world, recorded):
        calls = [
            message("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1}}, identity=1),
            message("tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 1}}, identity=2),
        ]
        answer = post(SHOP, calls, world.tokens["bob"])
        assert answer.status == 403
        assert [record.reason for record in recorded()] == ["insufficient_scope"]


@requirement("MCP-STREAM")
def test_an_event_stream_holds_the_same_message(world):
    value = message("ping")
    answer = post(SHOP, value, world.tokens["bob"], Accept="text/event-stream")
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.body == b'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n'

"""Every rung of mcp.md section 2 through both doors: same status, same headers, same body."""

import re
from dataclasses import dataclass, field

import orjson
import pytest

from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import (
    DOORS,
    MODERN,
    PREFIX,
    headers_for,
    message,
    modern,
    through_asgi,
    through_django,
)
from tests.requirements import requirement

pytestmark = pytest.mark.django_db

PING = message("ping")
LIST = message("tools/list")
ADD = {"name": "demo__shop__add", "arguments": {"a": 1}}
VERSION = f"{PREFIX}protocolVersion"


@dataclass(frozen=True)
class Case:
    """What is sent, and what comes back: HTTP status, JSON-RPC code or error word, and the reason on record."""

    id: str
    status: int
    what: object = None
    value: object = field(default_factory=lambda: PING)
    recorded: str | None = None
    token: str | None = "bob"
    revision: str | None = None
    path: str = SHOP
    method: str = "POST"
    query: str = ""
    body: bytes | None = None
    headers: dict = field(default_factory=dict)


CASES = [
    Case("1-unknown-kind", 404, "not_found", path="/api/2.0/mcp/nothing/demo/shop", token=None),
    Case("1-too-few-names", 404, "not_found", path="/api/2.0/mcp/functions/demo"),
    Case("m1-3-foreign-origin", 403, "access_denied", headers={"Origin": "https://evil.example"}),
    Case("m1-3-foreign-origin-stranger", 403, "access_denied", token=None, headers={"Origin": "https://evil.example"}),
    Case("m1-3-null-origin", 403, "access_denied", headers={"Origin": "null"}),
    Case("m1-3-null-origin-stranger", 403, "access_denied", token=None, headers={"Origin": "null"}),
    Case("m1-3-odd-scheme", 403, "access_denied", headers={"Origin": "evil://localhost"}),
    Case("3-own-origin", 200, headers={"Origin": "http://localhost:8000"}, recorded="allowed"),
    Case("3-loopback-page", 200, headers={"Origin": "http://127.0.0.1:6274"}, recorded="allowed"),
    Case("4-preflight", 204, method="OPTIONS", token=None, headers={"Origin": "http://localhost:6274"}),
    Case("5a-query", 400, "invalid_request", query="toolset=everything"),
    Case("5a-query-of-another-kind", 400, "invalid_request", query="toolset=chatgpt"),
    Case("5a-query-twice", 400, "invalid_request", query="toolset=compact&toolset=compact"),
    Case("5a-query-and-more", 400, "invalid_request", query="toolset=compact&x=1"),
    Case("5a-token-in-query", 400, "invalid_request", query="access_token=x", token=None),
    Case("6-no-credential", 401, "unauthorized", token=None, recorded="no_credential"),
    Case("6-no-credential-get", 401, "unauthorized", token=None, method="GET", body=b"", recorded="no_credential"),
    Case("6-basic", 401, "unauthorized", headers={"Authorization": "Basic eDp5"}, recorded="no_credential"),
    Case("6-nonsense", 401, "invalid_token", headers={"Authorization": "Bearer x y"}, recorded="malformed_header"),
    Case("6-unknown-token", 401, "invalid_token", headers={"Authorization": "Bearer abc"}, recorded="malformed_token"),
    Case("6-expired", 401, "invalid_token", token="expired", recorded="expired"),
    Case("6-wrong-audience", 401, "invalid_token", token="elsewhere", recorded="wrong_audience"),
    Case("6-unknown-catalog-stranger", 401, "unauthorized", token=None, path=SHOP + "x", recorded="no_credential"),
    Case("8-get", 405, "method_not_allowed", method="GET", body=b""),
    Case("8-delete", 405, "method_not_allowed", method="DELETE", body=b""),
    Case("9-text", 415, "unsupported_media_type", headers={"Content-Type": "text/plain"}),
    Case("9-parameters", 200, headers={"Content-Type": "Application/JSON; charset=utf-8"}, recorded="allowed"),
    Case("10-html", 406, "not_acceptable", headers={"Accept": "text/html, application/json;q=0"}),
    Case("10-any", 200, headers={"Accept": "text/html, */*;q=0.1"}, recorded="allowed"),
    Case("10-stream-only", 200, headers={"Accept": "text/event-stream"}, recorded="allowed"),
    Case("m8-11-too-big", 413, "payload_too_large", body=b" " * 1_048_577),
    Case("11-just-fits", 200, body=orjson.dumps(PING).ljust(1_048_576), recorded="allowed"),
    Case("12-not-json", 400, -32700, body=b"{"),
    Case("m8-12-deep", 400, -32700, body=b"[" * 10_000 + b"]" * 10_000),
    Case("m8-12-duplicate", 400, -32700, body=b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'),
    Case("13-batch-in-other-revision", 400, -32600, value=[PING], revision="2025-06-18"),
    Case("13-empty-batch", 400, -32600, value=[]),
    Case("m8-13-batch-of-21", 400, -32600, value=[message("ping", identity=n) for n in range(21)]),
    Case("13-initialize-in-batch", 400, -32600, value=[message("initialize")]),
    Case("14-no-object", 400, -32600, value=7),
    Case("14-id-null", 400, -32600, value={**PING, "id": None}),
    Case("m8-14-long-id", 400, -32600, value={**PING, "id": "x" * 100_000}),
    Case("15-modern-meta-without-header", 400, -32020, value=modern("tools/list")),
    Case("15-modern-meta-legacy-header", 400, -32020, value=modern("tools/list"), revision="2025-11-25"),
    Case("15-agreeing-legacy-meta", 200, value=message("tools/list", {"_meta": {VERSION: "2025-06-18"}}),
         revision="2025-06-18", recorded="allowed"),
    Case("15-modern-initialize", 404, -32601, value=modern("initialize"), revision=MODERN),
    Case("17-no-meta", 400, -32602, value=LIST, revision=MODERN),
    Case("17-no-capabilities", 400, -32602, value=message("tools/list", {"_meta": {VERSION: MODERN}}), revision=MODERN),
    Case("m3-18-method-differs", 400, -32020, value=modern("tools/list"), revision=MODERN,
         headers={"Mcp-Method": "tools/call"}),
    Case("m3-18-method-missing", 400, -32020, value=modern("tools/list"), revision=MODERN, headers={"Mcp-Method": None}),
    Case("m3-18-name-differs", 400, -32020, value=modern("tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 1}}),
         revision=MODERN, headers={"Mcp-Name": "demo__shop__add"}),
    Case("m3-18-bad-base64", 400, -32020, value=modern("tools/call", ADD), revision=MODERN,
         headers={"Mcp-Name": "=?base64?ZGVtb19fc2hvcF9fYWRk!?="}),
    Case("m3-18-blanks", 200, value=modern("tools/call", ADD), revision=MODERN,
         headers={"Mcp-Name": " demo__shop__add \t", "MCP-Protocol-Version": f" {MODERN} "}, recorded="allowed"),
    Case("m3-18-base64", 200, value=modern("tools/call", ADD), revision=MODERN,
         headers={"Mcp-Name": "=?base64?ZGVtb19fc2hvcF9fYWRk?="}, recorded="allowed"),
    Case("19-unknown-version", 400, -32022, value=modern("tools/list", **{VERSION: "2030-01-01"}),
         revision="2030-01-01", headers={"Mcp-Method": "tools/list"}),
    Case("20-notification", 202, value=modern("notifications/cancelled", identity=None), revision=MODERN),
    Case("21-ping-is-gone", 404, -32601, value=modern("ping"), revision=MODERN),
    Case("21-subscriptions", 404, -32601, value=modern("subscriptions/listen"), revision=MODERN),
    Case("22-no-name", 400, -32602, value=modern("tools/call", {"arguments": {}}), revision=MODERN,
         headers={"Mcp-Name": "x"}) ,
    Case("23-unknown-header", 400, -32022, revision="1999-01-01"),
    Case("23-first-revision-of-all", 400, -32022, revision="2024-11-05"),
    Case("23-initialize-whatever-the-header", 200, value=message("initialize", {"protocolVersion": "2030-01-01",
         "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}), revision="2030-01-01", recorded="allowed"),
    Case("24-notification", 202, value=message("notifications/initialized", identity=None)),
    Case("25-response", 400, -32600, value={"jsonrpc": "2.0", "id": 1, "result": {}}),
    Case("26-unknown-method", 200, -32601, value=message("logging/setLevel", {"level": "info"})),
    Case("26-discover-is-modern", 200, -32601, value=message("server/discover")),
    Case("27-no-name", 200, -32602, value=message("tools/call", {"arguments": {}})),
    Case("27-arguments-no-object", 200, -32602, value=message("tools/call", {"name": "x", "arguments": [1]})),
    Case("28-unknown-catalog", 404, -32602, path="/api/2.0/mcp/functions/nope/shop", recorded="not_visible"),
    Case("28-unknown-schema", 404, -32602, path=SHOP + "x", recorded="not_visible"),
    Case("28-unknown-function", 404, -32602, path=SHOP + "/nope", recorded="not_visible"),
    Case("28-no-privilege", 404, -32602, token="charlie", recorded="not_visible"),
    Case("28-no-privilege-modern", 404, -32602, value=modern("tools/list"), token="charlie", revision=MODERN,
         recorded="not_visible"),
    Case("29-no-scope", 403, "insufficient_scope", token="narrow", recorded="insufficient_scope"),
    Case("29-no-write-scope", 403, "insufficient_scope", recorded="insufficient_scope",
         value=message("tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 1}})),
    Case("31-unknown-tool", 200, -32602, value=message("tools/call", {"name": "nope"}), recorded="unknown_tool"),
    Case("31-unknown-tool-modern", 400, -32602, value=modern("tools/call", {"name": "nope"}), revision=MODERN,
         recorded="unknown_tool"),
    Case("31-overloaded-plain-name", 200, -32602, value=message("tools/call", {"name": "demo__shop__echo"}),
         recorded="unknown_tool"),
    Case("35-bad-argument", 200, "isError", value=message("tools/call", {"name": "demo__shop__add", "arguments": {"a": "x"}}),
         revision="2025-11-25", recorded="invalid_arguments"),
    Case("35-bad-argument-before", 200, -32602, value=message("tools/call", {"name": "demo__shop__add"}),
         revision="2025-06-18", recorded="invalid_arguments"),
    Case("35-bad-option", 200, -32602, value=message("tools/call", {**ADD, "_meta": {"row_limit": 0}}),
         recorded="invalid_options"),
    Case("36-failure", 200, "isError", value=message("tools/call", {"name": "demo__shop__fail", "arguments": {"kind": "raise"}}),
         recorded="*"),
    Case("bad-cursor", 200, -32602, value=message("tools/list", {"cursor": "x"}), recorded="invalid_cursor"),
    Case("empty-cursor", 400, -32602, value=modern("tools/list", {"cursor": ""}), revision=MODERN, recorded="invalid_cursor"),
]  # fmt: skip


def send(case, door, token):
    message_sent = case.value if isinstance(case.value, dict) and "method" in case.value else PING
    headers = headers_for(message_sent, token, case.revision, **case.headers)
    body = orjson.dumps(case.value) if case.body is None else case.body
    return DOORS[door](case.method, case.path, headers, body, case.query)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
@requirement(
    "M1-origin",
    "M3-headers",
    "M8-bodies",
    "RS-NOT-IN-QUERY",
    "MCP-VERSION-HEADER",
    "MCP-NOTIFICATION",
    "MCP-PING",
    "MCP-CURSOR",
    "MCP-RUNG-1",
    "MCP-RUNG-3",
    "MCP-RUNG-4",
    "MCP-RUNG-5a",
    "MCP-RUNG-6",
    "MCP-RUNG-8",
    "MCP-RUNG-9",
    "MCP-RUNG-10",
    "MCP-RUNG-11",
    "MCP-RUNG-12",
    "MCP-RUNG-13",
    "MCP-RUNG-14",
    "MCP-RUNG-15",
    "MCP-RUNG-17",
    "MCP-RUNG-18",
    "MCP-RUNG-19",
    "MCP-RUNG-20",
    "MCP-RUNG-21",
    "MCP-RUNG-22",
    "MCP-RUNG-23",
    "MCP-RUNG-24",
    "MCP-RUNG-25",
    "MCP-RUNG-26",
    "MCP-RUNG-27",
    "MCP-RUNG-28",
    "MCP-RUNG-29",
    "MCP-RUNG-31",
    "MCP-RUNG-35",
    "MCP-RUNG-36",
)
def test_a_rung_answers_alike_through_both_doors(world, recorded, case):
    token = world.tokens.get(case.token)
    fast = send(case, "asgi", token)
    records = recorded()
    slow = send(case, "django", token)
    assert fast == slow
    assert fast.status == case.status, fast
    assert what(fast) == case.what, fast
    assert [record.reason or record.outcome for record in records] == reasons(case, records)
    assert len(recorded()) == 2 * len(records)


def test_each_rung_that_is_claimed_has_its_case():
    marks = test_a_rung_answers_alike_through_both_doors.pytestmark
    ids = [identity for mark in marks if mark.name == "requirement" for identity in mark.args]
    claimed = {identity.removeprefix("MCP-RUNG-") for identity in ids if identity.startswith("MCP-RUNG-")}
    named = [re.match(r"(?:m\d+-)?(\d+a?)-", case.id) for case in CASES]
    assert claimed == {found[1] for found in named if found}


def what(answer):
    """Return the JSON-RPC code, the error word, or the kind of result."""
    if not answer.body or answer.body.startswith(b"event:"):
        return None
    error = answer.json.get("error")
    if error is None:
        return "isError" if answer.json["result"].get("isError") else None
    return error["code"] if isinstance(error, dict) else error


def reasons(case, records):
    if case.recorded == "*":
        assert len(records) == 1
        return [records[0].reason]
    return [] if case.recorded is None else [case.recorded]


@pytest.mark.parametrize("token", ["bob", None])
@requirement("M1-host", "MCP-RUNG-2")
def test_m1_a_foreign_host_is_refused_before_anybody_is_known(world, recorded, token):
    headers = headers_for(PING, world.tokens.get(token), Host="evil.example")
    assert through_asgi("POST", SHOP, headers, orjson.dumps(PING)).status == 421
    assert through_django("POST", SHOP, headers, orjson.dumps(PING)).status == 421
    assert recorded() == []


@requirement("MCP-CORS")
def test_a_browser_page_of_an_allowed_origin_may_read_the_answer(world):
    headers = headers_for(PING, None, Origin="http://localhost:6274")
    answer = through_asgi("POST", SHOP, headers, orjson.dumps(PING))
    assert answer.status == 401
    assert answer.headers["access-control-allow-origin"] == "http://localhost:6274"
    assert "WWW-Authenticate" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


def test_both_spellings_of_loopback_are_named_as_they_were_asked(world):
    for host in ("localhost:8000", "127.0.0.1:8000"):
        answer = through_asgi("POST", SHOP, headers_for(PING, None, Host=host), orjson.dumps(PING))
        assert f'resource_metadata="http://{host}/.well-known/' in answer.headers["www-authenticate"]


@requirement("MCP-DISCOVER")
def test_an_unknown_version_learns_the_list_of_discover(world):
    answer = through_asgi("POST", SHOP, headers_for(PING, world.tokens["bob"], "1999-01-01"), orjson.dumps(PING))
    listed = answer.json["error"]["data"]
    value = modern("server/discover")
    found = through_asgi("POST", SHOP, headers_for(value, world.tokens["bob"], MODERN), orjson.dumps(value))
    assert listed == {"supported": found.json["result"]["supportedVersions"], "requested": "1999-01-01"}
    assert listed["supported"] == ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]


@pytest.mark.parametrize("identity", [0, "0", "", -1, 2**53, "é", "x" * 256])
@requirement("MCP-PING", "MCP-IDS")
def test_ids_are_echoed_verbatim(world, identity):
    value = message("ping", identity=identity)
    answer = through_asgi("POST", SHOP, headers_for(value, world.tokens["bob"]), orjson.dumps(value))
    assert answer.json == {"jsonrpc": "2.0", "id": identity, "result": {}}
    assert type(answer.json["id"]) is type(identity)


@requirement("M3-headers", "MCP-RUNG-16")
def test_m3_a_doubled_routing_header_is_refused(world):
    value = modern("tools/list")
    headers = headers_for(value, world.tokens["bob"], MODERN)
    answer = through_asgi("POST", SHOP, [*headers.items(), ("mcp-method", "tools/list")], orjson.dumps(value))
    assert (answer.status, answer.json["error"]["code"]) == (400, -32020)


@requirement("MCP-RUNG-30")
def test_a_call_beyond_the_budget_waits(world, recorded, settings):
    settings.GATEPOST_REQUESTS_PER_MINUTE = 2
    send_ping = lambda: through_asgi("POST", SHOP, headers_for(PING, world.tokens["bob"]), orjson.dumps(PING))  # noqa: E731
    assert [send_ping().status for _ in range(3)] == [200, 200, 429]
    assert int(send_ping().headers["retry-after"]) >= 1
    assert [record.reason for record in recorded()] == ["", "", "rate_limited", "rate_limited"]


@requirement("MCP-RUNG-5")
def test_m8_a_stranger_beyond_the_budget_costs_no_records(world, recorded, settings):
    settings.GATEPOST_REQUESTS_PER_MINUTE = 2
    answers = [through_asgi("POST", SHOP, headers_for(PING, None), orjson.dumps(PING)) for _ in range(4)]
    assert [answer.status for answer in answers] == [401, 401, 429, 429]
    assert len(recorded()) == 2

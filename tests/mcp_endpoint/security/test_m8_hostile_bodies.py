"""M8 of mcp.md 7: bodies made to cost much."""

import subprocess
import time

import orjson
import pytest

from mcp_endpoint import asgi
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import headers_for, message, send_raw, through_asgi
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
SOON = 5  # seconds: the machine may be busy; tests of the parser itself count processor time
PING = orjson.dumps(message("ping"))
CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"demo__shop__add","arguments":%s}}'
BODIES = {
    "one byte too many": (413, b" " * (1_048_577 - len(PING)) + PING),
    "deep": (400, b"[" * 10_000 + b"]" * 10_000),
    "deep arguments": (400, CALL % (b'{"a":' * 10_000 + b"1" + b"}" * 10_000)),
    "a number of 100 kB": (400, CALL % (b'{"a":' + b"9" * 100_000 + b"}")),
    "an exponent": (400, CALL % b'{"a":1e999999}'),
    "an id of 100 kB": (400, PING.replace(b'"id":1', b'"id":"' + b"x" * 100_000 + b'"')),
    "an id that is a number of 100 kB": (400, PING.replace(b'"id":1', b'"id":' + b"9" * 100_000)),
    "a batch of 21": (400, orjson.dumps([message("ping", identity=n) for n in range(21)])),
    "duplicate keys": (400, b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'),
    "a million open brackets": (400, b"[" * 1_000_000),
    "half a million escapes": (400, b'"' + b'\\"' * 500_000),
}
REFERENCES = b'{"a":{"$ref":"https://evil.example/schema"},"b":{"$ref":"#"},"$defs":{"x":{"$ref":"#/$defs/x"}}}'


def post(web, body, token):
    head = headers_for(message("ping"), token, Host=web.base_url.removeprefix("http://"))
    started = time.monotonic()
    status, _, answer = send_raw(web, body, head.items(), SHOP)
    return status, answer, time.monotonic() - started


def memory(web):
    """Return the resident memory of the process, in bytes."""
    command = ["ps", "-o", "rss=", "-p", str(web.process.pid)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) * 1024


@requirement("M8-bodies")
@pytest.mark.parametrize("name", BODIES)
def test_m8_a_hostile_body_is_refused_at_once(name, world, web):
    expected, body = BODIES[name]
    status, answer, seconds = post(web, body, world.tokens["bob"])
    assert status == expected, answer[:200]
    assert len(answer) < 1000
    assert seconds < SOON


@requirement("M8-references")
def test_m8_references_in_arguments_are_only_wrong_arguments(world, web):
    status, answer, seconds = post(web, CALL % REFERENCES, world.tokens["bob"])
    assert (status, orjson.loads(answer)["error"]["code"]) == (200, -32602)
    assert seconds < SOON


@requirement("M8-memory")
def test_m8_memory_stays_flat(world, web):
    def everything():
        for _, body in BODIES.values():
            post(web, body, world.tokens["bob"])

    everything()
    before = memory(web)
    for _ in range(10):
        everything()
    assert memory(web) - before < 30_000_000


@requirement("M8-slow-body")
def test_m8_a_body_that_does_not_come_is_not_waited_for(world, monkeypatch):
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.2)
    headers = headers_for(message("ping"), world.tokens["bob"])
    started = time.monotonic()
    assert through_asgi("POST", SHOP, headers, PING[:10], ends=False).status == 408
    assert time.monotonic() - started < 3
    assert through_asgi("POST", SHOP, headers, PING).status == 200

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_endpoint import jsonrpc
from mcp_endpoint.exchange import Refusal
from tests.requirements import requirement

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_json_value_comes_through_unchanged(value):
    assert jsonrpc.decode(orjson.dumps(value)) == orjson.loads(orjson.dumps(value))


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"x": [{"a": 1, "b": {}, "a": 1}]}',
        rb'{"a": 1, "\u0061": 2}',
        rb'{"\\": 1, "\\": 2}',
        rb'{"\"": 1, "\"": 2}',
    ],
)
@requirement("MCP-RUNG-12")
def test_m8_two_members_of_one_name_are_refused(body):
    assert refusal(body).code == -32700


def test_a_colon_or_a_bracket_inside_a_string_is_no_structure():
    text = '{"a": "x:y[[{{\\":", "b\\\\": ":"}'
    assert jsonrpc.decode(text.encode()) == {"a": 'x:y[[{{":', "b\\": ":"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{]", b"nope", b'"\xff"', rb'"\ud800"', b"NaN", b"1e400", b"[1,]", b"\xef\xbb\xbf{}"]
)
@requirement("MCP-RUNG-12")
def test_m8_what_is_not_strict_json_in_utf_8_is_refused(body):
    assert refusal(body).code == -32700


@requirement("MCP-RUNG-12")
def test_64_levels_are_read_and_65_are_not():
    assert jsonrpc.decode(b"[" * 64 + b"]" * 64)
    assert refusal(b"[" * 65 + b"]" * 65).code == -32700


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 10_000 + b"]" * 10_000,
        b"[" * 1_000_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'"' + b'\\"' * 500_000,
        b'"' * 999_999,
        b"\\" * 1_000_000,
    ],
)
@requirement("M8-bodies")
def test_m8_hostile_bodies_are_refused_in_milliseconds(body):
    started = time.thread_time()  # processor time: how busy the machine is does not count
    assert refusal(body).code == -32700
    assert time.thread_time() - started < 0.25


@pytest.mark.parametrize("identity", [0, -7, 2**63, "", "0", "é" * 256, "a\nb"])
@requirement("MCP-IDS")
def test_ids_keep_their_type_and_their_characters(identity):
    message = jsonrpc.parse({"jsonrpc": "2.0", "id": identity, "method": "ping"})
    assert message.id == identity
    assert type(message.id) is type(identity)


@pytest.mark.parametrize("identity", [None, True, 1.0, 1.5, [], {}, "x" * 257, float(10**30)])
@requirement("MCP-RUNG-14")
def test_ids_that_cannot_be_echoed_are_refused(identity):
    with pytest.raises(Refusal) as refused:
        jsonrpc.parse({"jsonrpc": "2.0", "id": identity, "method": "ping"})
    assert (refused.value.status, refused.value.code, refused.value.id) == (400, -32600, None)


@pytest.mark.parametrize(
    "value",
    [
        1,
        "ping",
        {},
        {"jsonrpc": "1.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": 1, "method": 5},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []},
        {"jsonrpc": "2.0", "id": 1, "method": "ping", "params": None},
        {"jsonrpc": "2.0", "result": {}},
    ],
)
@requirement("MCP-RUNG-14")
def test_what_is_no_request_is_refused(value):
    with pytest.raises(Refusal) as refused:
        jsonrpc.parse(value)
    assert refused.value.code == -32600


def refusal(body):
    with pytest.raises(Refusal) as refused:
        jsonrpc.decode(body)
    return refused.value

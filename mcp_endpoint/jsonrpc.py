"""JSON-RPC 2.0, RFC 8259 4 and 9: decoding without ambiguity, and the envelope of a message."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import orjson
from mcp_types.jsonrpc import INVALID_REQUEST, PARSE_ERROR

from mcp_endpoint.exchange import Refusal

MAX_DEPTH = 64
MAX_ID_LENGTH = 256  # characters
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # as signed bytes: 1 inwards, -1 outwards


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or a notification when it has no id."""

    id: str | int | None
    method: str
    params: dict[str, Any]

    @property
    def is_notification(self) -> bool:
        """Tell whether nobody waits for an answer. An id is never null here."""
        return self.id is None


@dataclass(frozen=True, slots=True)
class Reply:
    """A response of the client to a request of ours. An error is an empty result."""

    id: str | int
    result: dict[str, Any]


def decode(body: bytes) -> Any:
    """Return the JSON value. Refuses what two readers could read differently (rung 12)."""
    outside = _outside_strings(body)
    if _depth(outside) > MAX_DEPTH:
        raise _unreadable(f"The body is nested deeper than {MAX_DEPTH} levels.")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unreadable(f"The body is not JSON in UTF-8: {error}") from None
    # RFC 8259 4: names should be unique. orjson keeps the last of two equal ones without a word, so
    # the members that were written are compared with the members that were kept.
    if outside.count(b":") != _members(value):
        raise _unreadable("An object of the body has two members of the same name.")
    return value


def parse(value: Any) -> Message | Reply:
    """Return the message in a decoded value (rung 14)."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise invalid('A message is an object with "jsonrpc": "2.0".')
    identity = _id(value) if "id" in value else None
    method, params = value.get("method"), value.get("params", {})
    if "method" not in value and identity is not None and {"result", "error"} & value.keys():
        result = value.get("result")
        return Reply(identity, result if isinstance(result, dict) else {})
    if not isinstance(method, str):
        raise invalid('"method" must be a string.', identity)
    if not isinstance(params, dict):
        raise invalid('"params" must be an object.', identity)
    return Message(identity, method, params)


def invalid(text: str, identity: str | int | None = None) -> Refusal:
    """Return the refusal of a message that is JSON and no JSON-RPC request."""
    return Refusal(400, text, INVALID_REQUEST, id=identity)


def _id(value: dict[str, Any]) -> str | int:
    """The id is echoed as it came, so only what JSON carries without loss is taken."""
    match value["id"]:
        case bool() | None:
            pass
        case int() as number:
            return number
        case str() as text if len(text) <= MAX_ID_LENGTH:
            return text
    raise invalid(f'"id" must be an integer of 64 bits or a string of at most {MAX_ID_LENGTH} characters.')


def _unreadable(text: str) -> Refusal:
    return Refusal(400, text, PARSE_ERROR)


def _outside_strings(body: bytes) -> bytes:
    """Return the body without its strings. Only C loops: the body is hostile until proven otherwise."""
    return b"".join(body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _depth(outside: bytes) -> int:
    """Return how deep the brackets are nested, before a parser recurses into them."""
    steps = outside.translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(memoryview(steps).cast("b")), default=0)


def _members(value: Any) -> int:
    count, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            count += len(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return count

"""MCP basic/transports and basic/index of each revision: rungs 13 to 27, from a decoded body to a call."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    InboundLadderRejection,
    classify_inbound_request,
    find_duplicated_routing_header,
)
from mcp_types import PROTOCOL_VERSION_META_KEY
from mcp_types.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    UNSUPPORTED_PROTOCOL_VERSION,
)
from mcp_types.methods import validate_client_request
from pydantic import ValidationError

from mcp_endpoint import jsonrpc
from mcp_endpoint.exchange import Refusal, Request
from mcp_endpoint.jsonrpc import Message, Reply
from mcp_endpoint.revisions.versions import ASSUMED, BATCHES, LEGACY, METHODS, MODERN, SUPPORTED

MAX_BATCH: Final = 20
_VERSION: Final = "mcp-protocol-version"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is well-formed in its revision."""

    id: str | int
    method: str
    params: dict[str, Any]
    revision: str

    @property
    def is_modern(self) -> bool:
        """Tell whether the request describes itself, without a handshake."""
        return self.revision in MODERN

    def refused(self, code: int, text: str, reason: str = "", data: Any = None) -> Refusal:
        """Return a refusal with the HTTP status that this revision gives to the code."""
        status = ERROR_CODE_HTTP_STATUS.get(code, 200) if self.is_modern else 200
        return Refusal(status, text, code, data=data, reason=reason, id=self.id)


def batch(items: list[Any], request: Request) -> list[Any]:
    """Return the items of a batch (13)."""
    if request.headers.get(_VERSION, BATCHES) != BATCHES:
        raise jsonrpc.invalid(f"Only revision {BATCHES} has batches. Send one message a request.")
    if not 1 <= len(items) <= MAX_BATCH:
        raise jsonrpc.invalid(f"A batch holds 1 to {MAX_BATCH} messages.")
    if any(isinstance(item, dict) and item.get("method") == "initialize" for item in items):
        raise jsonrpc.invalid("initialize cannot be part of a batch.")
    return items


@dataclass(frozen=True, slots=True)
class Notification:
    """What is accepted and has no answer."""

    method: str
    params: dict[str, Any]
    revision: str


def classify(value: Any, request: Request, more: Collection[str] = ()) -> Call | Notification | Reply:
    """Return what a decoded value is. `more` are methods that the URL has beyond those of its revision."""
    message = jsonrpc.parse(value)  # 14
    if isinstance(message, Reply):
        return message
    try:
        revision = _revision(message, request)  # 15 to 19, 23
        if message.is_notification:  # 20, 24
            return Notification(message.method, message.params, revision)
        call = Call(message.id if message.id is not None else "", message.method, message.params, revision)
        _check(call, more)  # 21, 22, 26, 27
    except Refusal as refusal:
        refusal.id = message.id
        raise
    return call


def _revision(message: Message, request: Request) -> str:
    """Tell the eras apart (15). Modern requests say in `_meta` what they are, legacy ones in the header or not at all."""
    header = request.headers.get(_VERSION)
    meta = message.params.get("_meta")
    said = meta.get(PROTOCOL_VERSION_META_KEY) if isinstance(meta, dict) else None
    if said is None and message.method == "initialize":
        return ASSUMED  # always legacy; the header is not looked at, the answer names the version
    if said is None and (header is None or header not in MODERN):
        return _legacy(header, request)
    if isinstance(said, str) and said in LEGACY and header in {None, said}:
        return said
    if header is None or header in LEGACY:
        raise Refusal(400, f"{_VERSION} does not name the version that _meta names.", HEADER_MISMATCH)
    return _modern(message, request)


def _legacy(header: str | None, request: Request) -> str:
    """Rung 23. Absence is never an error."""
    if header is None:
        return ASSUMED
    if header not in LEGACY:
        _refuse_doubled(request)
        raise _unsupported(header)
    return header


def _modern(message: Message, request: Request) -> str:
    """Rungs 16 to 19."""
    _refuse_doubled(request)
    body = {"method": message.method, "params": message.params}
    route = classify_inbound_request(body, headers=request.headers)
    if not isinstance(route, InboundLadderRejection):
        return route.protocol_version
    if route.code == UNSUPPORTED_PROTOCOL_VERSION:
        raise _unsupported(route.data["requested"])
    raise Refusal(400, route.message, route.code)


def _refuse_doubled(request: Request) -> None:
    doubled = find_duplicated_routing_header(request.lines)  # 16
    if doubled is not None:
        raise Refusal(400, f"The header {doubled} occurs twice.", HEADER_MISMATCH)


def _unsupported(requested: str) -> Refusal:
    """The list is that of server/discover, so that a client can choose."""
    data = {"supported": SUPPORTED, "requested": requested}
    return Refusal(400, "Unsupported protocol version", UNSUPPORTED_PROTOCOL_VERSION, data=data)


def _check(call: Call, more: Collection[str]) -> None:
    try:
        if call.method not in METHODS[call.revision] and call.method not in more:
            raise KeyError
        validate_client_request(call.method, call.revision, call.params)
    except KeyError:
        text = f"Revision {call.revision} of this server has no such method."
        raise call.refused(METHOD_NOT_FOUND, text) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise call.refused(INVALID_PARAMS, f"{where}: {first['msg']}") from None

"""Rungs 8 to 12: method, media types, size and JSON of a request. RFC 9110 8.3, 12.5.1, 15.5."""

from functools import lru_cache
from typing import Any

from mcp_endpoint import jsonrpc
from mcp_endpoint.exchange import Incomplete, Refusal, Request, TooLarge

_ANSWERS = frozenset({"application/json", "application/*", "*/*"})
_STREAMS = frozenset({"text/event-stream", "text/*"})


async def read(request: Request) -> Any:
    """Return the decoded body of a POST."""
    if request.method != "POST":  # 8
        raise Refusal(405, "Use POST.", error="method_not_allowed", headers=(("allow", "POST"),))
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":  # 9
        raise Refusal(415, "Send the body with Content-Type: application/json.", error="unsupported_media_type")
    if not _accepted(request) & (_ANSWERS | _STREAMS):  # 10
        raise Refusal(406, "Accept application/json, text/event-stream or both.", error="not_acceptable")
    try:
        body = await request.read()  # 11
    except TooLarge:
        raise Refusal(413, "The body is longer than GATEPOST_MAX_BODY_BYTES.", error="payload_too_large") from None
    except Incomplete:
        raise Refusal(408, "The body did not arrive in time.", error="request_timeout") from None
    return jsonrpc.decode(body)  # 12


def accepts_json(request: Request) -> bool:
    """Tell whether the answer may be one JSON document."""
    return not _accepted(request).isdisjoint(_ANSWERS)


def accepts_stream(request: Request) -> bool:
    """Tell whether the answer may be an event stream."""
    return not _accepted(request).isdisjoint(_STREAMS | {"*/*"})


def _accepted(request: Request) -> frozenset[str]:
    return _media_ranges(request.headers.get("accept", "*/*"))


@lru_cache(maxsize=256)
def _media_ranges(header: str) -> frozenset[str]:
    return frozenset(filter(None, map(_media_range, header.lower().split(","))))


def _media_range(text: str) -> str:
    """Return type/subtype, or nothing for one that is refused by a weight of zero (RFC 9110 12.4.2)."""
    media_range, *parameters = (part.strip() for part in text.split(";"))
    weights = [p.removeprefix("q=").strip() for p in parameters if p.startswith("q=")]
    return "" if weights and weights[0].rstrip("0") in {"", "0", "0.", "."} else media_range

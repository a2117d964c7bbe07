"""One request about statements, from the door to the answer. rest-api.md 3.1 and 5."""

import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

import orjson
from mcp_types.jsonrpc import INTERNAL_ERROR

from accounts.api import errors
from mcp_endpoint import entrance
from mcp_endpoint.exchange import JSON, NO_STORE, Refusal, Request, Response
from mcp_endpoint.sql_statements import calls, wire

_ID: Final = "([0-9a-zA-Z-]{1,64})"
_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Callable[..., Awaitable[wire.Document]]], ...]] = (
    ("POST", re.compile(calls.PATH), calls.execute),
    ("GET", re.compile(f"{calls.PATH}/{_ID}"), calls.get),
    ("GET", re.compile(f"{calls.PATH}/{_ID}/result/chunks/([0-9]{{1,9}})"), calls.chunk),
    ("POST", re.compile(f"{calls.PATH}/{_ID}/cancel"), calls.cancel),
)
_CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "INVALID_PARAMETER_VALUE",
        401: "UNAUTHENTICATED",
        403: "PERMISSION_DENIED",
        404: "RESOURCE_DOES_NOT_EXIST",
        429: "RESOURCE_EXHAUSTED",
        500: "INTERNAL_ERROR",
        503: "TEMPORARILY_UNAVAILABLE",
    }
)
_NO_ENDPOINT: Final = "no_endpoint"


async def serve(request: Request) -> Response:
    """Answer one HTTP request. Knows neither ASGI nor Django."""
    try:
        entrance.check_host(request)
        entrance.check_limits(request)
        return Response(200, (JSON, NO_STORE), orjson.dumps(await _answer(request)))
    except Refusal as refusal:
        return _refused(refusal, request)


async def _answer(request: Request) -> wire.Document:
    found = [(method, path.fullmatch(request.path), call) for method, path, call in _ROUTES]
    known = [(method, match, call) for method, match, call in found if match is not None]
    for method, match, call in known:
        if method == request.method:
            return await call(request, *match.groups())
    if known:
        allowed = known[0][0]
        raise Refusal(405, f"Use {allowed}.", error=_NO_ENDPOINT, headers=(("allow", allowed),))
    raise Refusal(404, f"There is no endpoint {request.path!r}.", error=_NO_ENDPOINT)


def _refused(refusal: Refusal, request: Request) -> Response:
    """Render a refusal as the API does. JSON-RPC has some with status 200."""
    status = refusal.status
    if status == 200:
        status = 500 if refusal.code == INTERNAL_ERROR else 403
    body = errors.body(_code(refusal, status), refusal.text, request.id, refusal.data)
    return Response(status, (JSON, NO_STORE, *refusal.headers), orjson.dumps(body))


def _code(refusal: Refusal, status: int) -> str:
    if refusal.error == _NO_ENDPOINT:
        return "ENDPOINT_NOT_FOUND"
    if refusal.reason == "not_visible":
        return "CATALOG_DOES_NOT_EXIST"
    is_unread = status == 400 and refusal.code is not None  # no JSON, rather than a field of it
    return "MALFORMED_REQUEST" if is_unread else _CODES.get(status, "MALFORMED_REQUEST")

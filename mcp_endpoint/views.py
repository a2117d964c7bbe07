"""The slow door: Django's test client, runserver and hosts that speak WSGI only. The same pipeline, the same answers."""

from collections.abc import AsyncIterator, Iterator
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts.addresses import address_of
from audit import event_loop
from connections.origin import listening_port
from mcp_endpoint import metadata
from mcp_endpoint.exchange import Request, Response, Stream, TooLarge
from mcp_endpoint.paths import encoded
from mcp_endpoint.pipeline import serve
from mcp_endpoint.sql_statements import door

_SECONDS: Final = 900.0  # longer than any statement may take


@csrf_exempt  # no cookie is read on this path; the credential is in the Authorization header
def mcp(request: HttpRequest) -> HttpResponseBase:
    """Answer an MCP URL."""
    return _respond(event_loop.run(serve(_request(request)), _SECONDS))


@csrf_exempt
def protected_resource(request: HttpRequest) -> HttpResponseBase:
    """Answer the metadata document of an MCP URL."""
    return _respond(event_loop.run(metadata.serve(_request(request)), _SECONDS))


def sql_statements(request: HttpRequest) -> HttpResponseBase:
    """Answer about SQL statements. The view of the API that describes them comes before."""
    return _respond(event_loop.run(door.serve(_request(request)), _SECONDS))


def _request(request: HttpRequest) -> Request:
    headers = {name.lower(): value.strip(" \t") for name, value in request.headers.items()}
    body = request.read(settings.GATEPOST_MAX_BODY_BYTES + 1)

    async def read() -> bytes:
        if len(body) > settings.GATEPOST_MAX_BODY_BYTES:
            raise TooLarge
        return body

    return Request(
        id=request.request_id,  # type: ignore[attr-defined]  # set by accounts.middleware
        method=request.method or "",
        path=_raw_path(request),
        query=request.META.get("QUERY_STRING", ""),
        lines=tuple(headers.items()),  # WSGI has joined repeated ones with commas
        headers=headers,
        address=address_of(request),
        port=listening_port(request),
        read=read,
    )


def _parts(stream: Stream) -> Iterator[bytes]:
    """Fetch the parts from the owning loop. A server closes this when its client is gone."""
    parts = aiter(stream)
    try:
        while part := event_loop.run(_next(parts), _SECONDS):
            yield part
    finally:
        event_loop.run(stream.aclose())


async def _next(parts: AsyncIterator[bytes]) -> bytes:
    return await anext(parts, b"")


def _raw_path(request: HttpRequest) -> str:
    """Return the path before decoding where the server keeps it. WSGI itself cannot tell %2F from a slash."""
    raw: str = request.META.get("REQUEST_URI") or request.META.get("RAW_URI") or ""
    return raw.partition("?")[0] if raw.startswith("/") else encoded(request.path_info)


def _respond(response: Response) -> HttpResponseBase:
    if response.stream is not None:
        return StreamingHttpResponse(_parts(response.stream), status=response.status, headers=dict(response.headers))
    answer = HttpResponse(response.body, status=response.status, headers=dict(response.headers))
    if not response.body and "content-type" not in dict(response.headers):
        del answer.headers["Content-Type"]  # Django names a type for nothing, too
    return answer

"""RFC 9728 3: protected resource metadata. Built from the form of the path alone, so that strangers learn no names."""

import orjson
import psycopg
from psycopg_pool import PoolTimeout

from connections import limits
from mcp_endpoint import entrance, paths
from mcp_endpoint.challenge import METADATA
from mcp_endpoint.exchange import JSON, Refusal, Request, Response
from mcp_endpoint.kinds import KINDS

# Anonymous and without cookies, so any page may read it; browser-based inspectors do.
_SHARED = (("access-control-allow-origin", "*"),)
_PREFLIGHT = (
    ("access-control-allow-methods", "GET, HEAD"),
    ("access-control-allow-headers", "MCP-Protocol-Version"),
    ("access-control-max-age", "600"),
)
_CACHE = ("cache-control", "public, max-age=300")


async def serve(request: Request) -> Response:
    """Answer GET, HEAD and OPTIONS for the documents of all MCP URLs."""
    try:
        entrance.check_host(request)
        await _count(request)
        document = _document(request)
        if request.method == "OPTIONS":
            return Response(204, (*_PREFLIGHT, *_SHARED))
        if request.method not in {"GET", "HEAD"}:
            raise Refusal(405, "Use GET.", error="method_not_allowed", headers=(("allow", "GET, HEAD, OPTIONS"),))
    except Refusal as refusal:
        return refusal.response().plus(*_SHARED)
    body = orjson.dumps(document)
    return Response(200, (JSON, _CACHE, *_SHARED), body)


async def _count(request: Request) -> None:
    """oauth.md 8: one limit with the documents of the authorization server, shared by all processes."""
    try:
        await limits.count_without_django(**limits.metadata(request.address))
    except limits.TooMany as reached:
        wait = entrance.retry_after(reached.retry_after)
        raise Refusal(429, str(reached), error="rate_limited", headers=(wait,)) from None
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout):
        return  # the document itself needs no database


def _document(request: Request) -> dict[str, object]:
    """RFC 9728 2. The document of the bare origin is the clients' last fallback and names the deployment."""
    base_url, path = entrance.base_url(request), request.path.removeprefix(METADATA)
    common = {"authorization_servers": [base_url], "bearer_methods_supported": ["header"]}
    if path in {"", "/"}:
        scopes = list(dict.fromkeys(scope for kind in KINDS.values() for scope in kind.read_scopes))
        return {"resource": base_url, **common, "scopes_supported": scopes, "resource_name": "Gatepost"}
    server = paths.parse(path)
    if server is None:
        raise Refusal(404, "No MCP endpoint has this path.", error="not_found")
    kind = KINDS[server.kind]
    # RFC 9728 3.3: the resource is the URL that the client has, letter by letter.
    resource = base_url + server.typed_path
    return {"resource": resource, **common, "scopes_supported": kind.read_scopes, "resource_name": kind.title}

"""MCP and SQL statements as plain ASGI, everything else as Django's WSGI handler in threads, OAuth on the short way there."""

from typing import Any

from a2wsgi import WSGIMiddleware

from config.one_hop import OneHop
from config.wsgi import application as django_application
from mcp_endpoint import asgi as mcp

_OAUTH = "/oidc/"

# Few: more threads wait for each other longer than for the database. Three are the fastest (benchmarks/README.md).
_oauth = OneHop(django_application, workers=3)
_pages: Any = WSGIMiddleware(django_application, workers=10)  # type: ignore[arg-type]  # narrower than PEP 3333 asks


async def application(scope: mcp.Scope, receive: mcp.Receive, send: mcp.Send) -> None:
    """Answer MCP before Django. The lifespan of the process belongs to the same mount: it owns the event loop."""
    if scope["type"] == "lifespan" or mcp.serves(scope.get("path", "")):
        await mcp.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith(_OAUTH):
        await _oauth(scope, receive, send)
    else:
        await _pages(scope, receive, send)

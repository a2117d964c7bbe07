"""The two mounts: MCP as plain ASGI, everything else as Django's WSGI handler in threads (architecture.md 5)."""

from typing import Any

from a2wsgi import WSGIMiddleware

from config.wsgi import application as django_application
from mcp_endpoint import asgi as mcp

_pages: Any = WSGIMiddleware(django_application, workers=10)  # type: ignore[arg-type]  # narrower than PEP 3333 asks


async def application(scope: mcp.Scope, receive: mcp.Receive, send: mcp.Send) -> None:
    """Answer MCP before Django. The lifespan of the process belongs to the same mount: it owns the event loop."""
    if scope["type"] == "lifespan" or mcp.serves(scope.get("path", "")):
        await mcp.application(scope, receive, send)
    else:
        await _pages(scope, receive, send)

"""Where a prompt is offered: the beginning of what follows /api/2.0/mcp/ in an MCP URL, such as `tables/demo`.

`*` is everywhere; `*/demo/sales` is every kind of URL of that schema, curated servers not among them.
"""

from typing import Final
from urllib.parse import quote

from mcp_endpoint.server import Server

EVERYWHERE: Final = "*"
_WITHOUT_CATALOG: Final = "servers"  # its names are no catalogs


def covering(server: Server) -> list[str]:
    """Return every place of which the URL is a part, in the form in which places are kept."""
    words = {server.kind} if server.kind == _WITHOUT_CATALOG else {server.kind, EVERYWHERE}
    return [EVERYWHERE, *(place(word, server.names[:n]) for word in words for n in range(len(server.names) + 1))]


def place(word: str, names: tuple[str, ...]) -> str:
    """Return a kind of URL, or `*`, and decoded names as one text."""
    return "/".join((word, *(quote(name, safe="") for name in names)))

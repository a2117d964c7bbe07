"""What a person finds on MCP URLs: for pages, by the same code that answers calls."""

from dataclasses import dataclass, replace

from accounts.models import User
from accounts.scopes import Scope
from audit import event_loop
from catalog.errors import NotVisible
from connections import hypothetical
from connections.grant import Grant
from mcp_endpoint import paths, toolsets
from mcp_endpoint.server import Server
from mcp_endpoint.tools.tool import Tool

_EVERYTHING = frozenset({Scope.ALL_APIS, Scope.MCP_WRITE})


@dataclass(frozen=True, slots=True)
class Offer:
    """One MCP URL as one person finds it."""

    server: Server
    tools: list[Tool]
    tokens: int  # estimated size of all definitions
    compact_tokens: int  # the same with ?toolset=compact

    @property
    def path(self) -> str:
        """Return the path of the URL."""
        return self.server.path


def offer(user: User, path: str) -> Offer | None:
    """Return what the person finds there. None: no MCP URL, or nothing to see."""
    server = paths.parse(path)
    if server is None:
        return None
    return event_loop.run(_offer(server, hypothetical.grant(user, None, _EVERYTHING, path)))


async def _offer(server: Server, grant: Grant) -> Offer | None:
    try:
        everything = await toolsets.of(server, grant)
        compact = await toolsets.of(replace(server, toolset="compact"), grant)
    except NotVisible:
        return None
    return Offer(server, everything.tools, toolsets.tokens(everything), toolsets.tokens(compact))

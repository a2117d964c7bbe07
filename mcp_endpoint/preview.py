"""What a Grant would open, for the consent page."""

from contextlib import suppress
from dataclasses import dataclass

from accounts.scopes import Scope, covers
from audit import event_loop
from catalog.errors import NotVisible
from connections.grant import Grant
from mcp_endpoint import paths
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.tools.tool import Tool


@dataclass(frozen=True, slots=True)
class Preview:
    """One tool, as a person reads about it."""

    name: str
    title: str
    description: str
    writes: bool


def preview_tools(grant: Grant) -> list[Preview]:
    """Return the tools on the MCP URLs of the Grant's audience; nothing for one that covers the whole deployment."""
    return event_loop.run(_preview(grant))


async def _preview(grant: Grant) -> list[Preview]:
    found: list[Tool] = []
    for server in filter(None, map(paths.parse, grant.audience)):
        kind = KINDS[server.kind]
        if any(covers(grant.scopes, scope) for scope in kind.read_scopes):
            with suppress(NotVisible):
                found += (await kind.tools(server, grant)).tools
    may_write = covers(grant.scopes, Scope.MCP_WRITE)
    return [
        Preview(tool.name, tool.title, tool.description, tool.writes) for tool in found if may_write or not tool.writes
    ]

"""What a Grant would open: for the consent page, and for who chooses the servers of a token."""

from contextlib import suppress
from dataclasses import dataclass, replace

from accounts.models import User
from accounts.scopes import Scope, covers, expand
from audit import event_loop
from catalog.errors import NotVisible
from connections import hypothetical
from connections.grant import Grant
from mcp_endpoint import curation, paths
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.models import CuratedServer
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


def curated_for(user: User) -> list[str]:
    """Return the paths of the curated servers that hold at least one tool for this principal."""
    scopes = frozenset({Scope.ALL_APIS, Scope.MCP_WRITE})
    grant = hypothetical.grant(user, None, expand(scopes), paths.PREFIX)
    return [curation.path_of(server) for server in curated_within(grant)]


def curated_within(grant: Grant) -> list[CuratedServer]:
    """Return the curated servers that hold at least one tool for this Grant, whatever its audience."""
    servers = CuratedServer.objects.filter(enabled=True).order_by("name")
    return [server for server in servers if preview_tools(replace(grant, audience=(curation.path_of(server),)))]


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

"""The tools of one /sql URL for one principal."""

from dataclasses import replace
from functools import lru_cache

from catalog import browsing
from catalog.errors import NotVisible
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import UNTRUSTED
from mcp_endpoint.tools.sql import changing, looking, statements
from mcp_endpoint.tools.tool import Toolset, caller_of, may_ever_write


async def tools(server: Server, grant: Grant) -> Toolset:
    """Return the tools. With nothing visible on /sql, one stays that says what to ask for; /sql/{catalog} is not there."""
    catalog = server.names[0] if server.names else None
    found = {each.name for each in await browsing.catalogs(caller_of(grant))}
    visible = {name for name in found if grant.narrowing.allows_catalog(name)}
    if catalog is not None and catalog not in visible:
        raise NotVisible
    return _everything(catalog, writes=may_ever_write(grant)) if visible else _nothing()


def instructions(server: Server) -> str:
    """Tell a model what this URL is for."""
    where = f"the PostgreSQL catalog {server.names[0]}" if server.names else "PostgreSQL catalogs"
    return f"SQL over {where}. Begin with list_tables and get_table_schema, then query. {UNTRUSTED}"


@lru_cache(maxsize=1_000)
def _everything(catalog: str | None, *, writes: bool) -> Toolset:
    writers = changing.tools(catalog) if writes else []
    every = [*looking.tools(catalog), *statements.tools(catalog), *writers]
    return Toolset(replace(tool, catalog=catalog or "") for tool in every)


@lru_cache(maxsize=1)
def _nothing() -> Toolset:
    return Toolset([looking.list_catalogs(None)])

"""The tools of one /sql URL for one principal."""

from dataclasses import replace
from functools import lru_cache

from catalog import browsing
from catalog.errors import NotVisible
from catalog.snapshot import Caller
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import UNTRUSTED
from mcp_endpoint.tools.sql import changing, creating, looking, statements
from mcp_endpoint.tools.tool import Toolset, caller_of, may_ever_write


async def tools(server: Server, grant: Grant) -> Toolset:
    """Return the tools. With nothing visible on /sql, one stays that says what to ask for; /sql/{catalog} is not there."""
    catalog = server.names[0] if server.names else None
    caller = caller_of(grant)
    found = {each.name for each in await browsing.catalogs(caller)}
    visible = {name for name in found if grant.narrowing.allows_catalog(name)}
    if catalog is not None and catalog not in visible:
        raise NotVisible
    if not visible:
        return _nothing()
    writes = may_ever_write(grant)
    return _everything(catalog, await _creating(catalog, visible, caller) if writes else None, writes=writes)


def instructions(server: Server) -> str:
    """Tell a model what this URL is for."""
    where = f"the PostgreSQL catalog {server.names[0]}" if server.names else "PostgreSQL catalogs"
    return f"SQL over {where}. Begin with list_tables and get_table_schema, then query. {UNTRUSTED}"


async def _creating(catalog: str | None, visible: set[str], caller: Caller) -> str | None:
    """Return the schema for new tables, any where the URL names no catalog. None: nothing may be created."""
    schemas = {name: schema for name, schema in (await browsing.creating(caller)).items() if name in visible}
    if catalog is None:
        return "" if schemas else None
    return schemas.get(catalog)


@lru_cache(maxsize=1_000)
def _everything(catalog: str | None, new_tables_in: str | None, *, writes: bool) -> Toolset:
    writers = changing.tools(catalog) if writes else []
    if new_tables_in is not None:
        writers.append(creating.create_table(catalog, new_tables_in))
    every = [*looking.tools(catalog), *statements.tools(catalog), *writers]
    return Toolset(replace(tool, catalogs=(catalog,) if catalog else ()) for tool in every)


@lru_cache(maxsize=1)
def _nothing() -> Toolset:
    return Toolset([looking.list_catalogs(None)])

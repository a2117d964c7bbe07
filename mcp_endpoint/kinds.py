"""The one table of kinds of MCP URLs. A kind that has no entry here does not exist: 404, and no metadata document."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import Final

from django.conf import settings

from accounts.scopes import Scope
from mcp_endpoint.kind import Kind, no_resources
from mcp_endpoint.prompts import written
from mcp_endpoint.resources import objects
from mcp_endpoint.tools import functions, servers, tables, vector_search
from mcp_endpoint.tools.servers import Source
from mcp_endpoint.tools.sql import toolset as sql


def _fixtures() -> Mapping[str, Kind]:
    """Return the kinds of the module that a conformance test names. A system check refuses it in production."""
    kinds: Mapping[str, Kind] = {}
    if settings.GATEPOST_CONFORMANCE_FIXTURES:
        kinds = import_module(settings.GATEPOST_CONFORMANCE_FIXTURES).KINDS
    return kinds


_OF_CATALOGS: Final = partial(written.prompts, objects.resources)
_OF_OBJECTS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "functions": Kind(
            title="Gatepost functions",
            names=range(2, 4),  # catalog, schema, and perhaps one function
            read_scopes=(Scope.MCP_FUNCTIONS,),
            tools=functions.tools,
            instructions=functions.instructions,
            resources=objects.resources,
            prompts=_OF_CATALOGS,
        ),
        "sql": Kind(
            title="Gatepost SQL",
            names=range(2),  # perhaps one catalog
            read_scopes=(Scope.MCP_SQL,),
            tools=sql.tools,
            instructions=sql.instructions,
            resources=objects.resources,
            prompts=_OF_CATALOGS,
        ),
        "tables": Kind(
            title="Gatepost tables",
            names=range(2, 3),  # catalog, schema
            read_scopes=(Scope.MCP_TABLES,),
            tools=tables.tools,
            instructions=tables.instructions,
            resources=objects.resources,
            prompts=_OF_CATALOGS,
        ),
        "vector-search": Kind(
            title="Gatepost vector search",
            names=range(2, 4),  # catalog, schema, and perhaps one index
            read_scopes=(Scope.MCP_VECTORSEARCH,),
            tools=vector_search.tools,
            instructions=vector_search.instructions,
            resources=objects.resources,
            prompts=_OF_CATALOGS,
        ),
    }
)
SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {name: Source(kind.tools, kind.read_scopes[0]) for name, kind in _OF_OBJECTS.items()}
)
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        **_fixtures(),
        **_OF_OBJECTS,
        "servers": Kind(
            title="Gatepost curated server",
            names=range(1, 2),  # its name
            read_scopes=tuple(source.read_scope for source in SOURCES.values()),
            tools=partial(servers.tools, SOURCES),
            instructions=servers.instructions,
            prompts=partial(written.prompts, no_resources),
        ),
    }
)

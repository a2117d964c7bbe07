"""The one table of kinds of MCP URLs. A kind that has no entry here does not exist: 404, and no metadata document."""

from collections.abc import Mapping
from types import MappingProxyType

from accounts.scopes import Scope
from mcp_endpoint.kind import Kind
from mcp_endpoint.tools import functions, tables

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "functions": Kind(
            title="Gatepost functions",
            names=range(2, 4),  # catalog, schema, and perhaps one function
            read_scope=Scope.MCP_FUNCTIONS,
            tools=functions.tools,
            instructions=functions.instructions,
        ),
        "tables": Kind(
            title="Gatepost tables",
            names=range(2, 3),  # catalog, schema
            read_scope=Scope.MCP_TABLES,
            tools=tables.tools,
            instructions=tables.instructions,
        ),
    }
)

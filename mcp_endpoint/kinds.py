"""The one table of kinds of MCP URLs. A kind that has no entry here does not exist: 404, and no metadata document."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accounts.scopes import Scope
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.tools import functions
from mcp_endpoint.tools.tool import Toolset


@dataclass(frozen=True, slots=True)
class Kind:
    """What all URLs of a kind share."""

    title: str
    names: range  # how many path segments follow the kind
    read_scope: Scope
    tools: Callable[[Server, Grant], Awaitable[Toolset]]  # raises NotVisible
    instructions: Callable[[Server], str]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "functions": Kind(
            title="Gatepost functions",
            names=range(2, 4),  # catalog, schema, and perhaps one function
            read_scope=Scope.MCP_FUNCTIONS,
            tools=functions.tools,
            instructions=functions.instructions,
        ),
    }
)

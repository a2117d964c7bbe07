"""What all MCP URLs of one kind share. mcp_endpoint.kinds is the table of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from accounts.scopes import Scope
from connections.grant import Grant
from mcp_endpoint.prompts.prompt import Prompts
from mcp_endpoint.resources.resource import Resources
from mcp_endpoint.server import Server
from mcp_endpoint.tools.tool import Toolset

CAPABILITIES: Final[Mapping[str, Any]] = MappingProxyType(
    {"tools": {}, "resources": {}, "prompts": {}, "completions": {}}
)


async def no_resources(_server: Server, _grant: Grant) -> Resources:
    """Return none: the URL has no catalog of its own."""
    return Resources()


async def _no_prompts(_server: Server, _grant: Grant) -> Prompts:
    return Prompts()


@dataclass(frozen=True, slots=True)
class Kind:
    """What a URL of the kind offers. Who asks for tools and may see nothing of the URL gets NotVisible."""

    title: str
    names: range  # how many path segments follow the kind
    read_scopes: tuple[Scope, ...]  # any of them opens the URL
    tools: Callable[[Server, Grant], Awaitable[Toolset]]  # raises NotVisible
    instructions: Callable[[Server], str]
    resources: Callable[[Server, Grant], Awaitable[Resources]] = no_resources
    prompts: Callable[[Server, Grant], Awaitable[Prompts]] = _no_prompts
    capabilities: Mapping[str, Any] = field(default_factory=lambda: CAPABILITIES)
    # The last two are for the conformance fixtures: methods of the protocol that Gatepost itself does without, and
    # tools that speak before their answer although no progress token asks them to.
    methods: Mapping[str, Callable[..., Awaitable[dict[str, Any]]]] = field(default_factory=dict)
    speaks: bool = False

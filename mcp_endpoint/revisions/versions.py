"""MCP versioning: which revisions are served, and which methods each of them has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

MODERN: Final = frozenset(MODERN_PROTOCOL_VERSIONS)
LEGACY: Final = frozenset(HANDSHAKE_PROTOCOL_VERSIONS) - {"2024-11-05"}  # its transport is not served
SUPPORTED: Final = tuple(sorted(MODERN | LEGACY, reverse=True))  # newest first

ASSUMED: Final = "2025-03-26"  # of a legacy request without the header: clients leave it out
NEWEST_LEGACY: Final = "2025-11-25"
BATCHES: Final = "2025-03-26"  # the only revision with JSON-RPC batches

_EVERYWHERE: Final = frozenset(
    {
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "prompts/list",
        "prompts/get",
        "completion/complete",
    }
)
METHODS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {revision: _EVERYWHERE | {"initialize", "ping"} for revision in LEGACY}
    | {revision: _EVERYWHERE | {"server/discover"} for revision in MODERN}
)

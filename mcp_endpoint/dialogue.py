"""MCP 2026-07-28, basic/utilities/mrtr: what a client says beside the arguments, and what may be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY

from mcp_endpoint.channel import Channel
from mcp_endpoint.revisions.ladder import Call


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One round of a call. Legacy clients declare nothing here and answer nothing: they cannot be asked again."""

    channel: Channel
    capabilities: Mapping[str, Any]  # that the client declared with this request
    answers: Mapping[str, Any]  # to the requests of the round before, by their keys
    state: Mapping[str, Any] | None  # of the round before, as this server sealed it


class NeedsInput(Exception):
    """Raised by what cannot go on without an answer. The client answers, and the whole call is made again."""

    def __init__(self, requests: Mapping[str, Mapping[str, Any]], state: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.requests = requests  # method and params, by keys of our choice
        self.state = state


class NeedsCapability(Exception):
    """Raised by what needs a capability that the client did not declare (34)."""

    def __init__(self, capabilities: Mapping[str, Any]) -> None:
        super().__init__()
        self.capabilities = capabilities


def declared(call: Call) -> Mapping[str, Any]:
    """Return the capabilities that the client declared with the call."""
    meta = call.params.get("_meta") or {}
    capabilities: Mapping[str, Any] = meta.get(CLIENT_CAPABILITIES_META_KEY) or {}
    return capabilities if call.is_modern else {}

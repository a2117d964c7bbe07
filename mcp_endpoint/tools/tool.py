"""MCP server/tools: one tool, and the sorted set of tools that a principal finds on a URL."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import orjson

from connections.grant import Grant
from mcp_endpoint.tools.arguments import Schema

PAGE: Final = 100  # tools
HASH: Final = 10  # characters that catalog.names adds to each overload

# The shape of every answer (mcp.md 4.2). Existing callers parse these three keys in this order.
OUTPUT_SCHEMA: Final = {
    "type": "object",
    "properties": {
        "is_truncated": {"type": "boolean", "description": "Whether a limit cut anything off."},
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"type": "array"}},
    },
    "required": ["is_truncated", "columns", "rows"],
    "additionalProperties": False,
}
_READS: Final = {"readOnlyHint": True, "openWorldHint": False}
_WRITES: Final = {"readOnlyHint": False, "destructiveHint": True, "openWorldHint": False}


class Rows(Protocol):
    """What a tool returns: values that JSON can carry."""

    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def rows(self) -> list[list[Any]]: ...
    @property
    def is_truncated(self) -> bool: ...
    @property
    def column_types(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What the developer of a client presets in `_meta`. It only ever lowers a limit (mcp.md 4.9)."""

    rows: int | None = None
    timeout_ms: int | None = None


Run = Callable[[Mapping[str, Any], Limits, Grant], Awaitable[Rows]]


@dataclass(frozen=True)
class Tool:
    """Something that a model can call."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    object: Mapping[str, Any]  # what it stands for, before names were made fit for models
    writes: bool
    run: Run

    @property
    def label(self) -> str:
        """Return the object as the audit record names it."""
        return ".".join((self.object["catalog"], self.object["schema"], self.object["name"]))

    @cached_property
    def arguments(self) -> Schema:
        """Return the compiled input schema."""
        return Schema(self.input_schema)

    @cached_property
    def wire(self) -> orjson.Fragment:
        """Return the entry of tools/list."""
        return orjson.Fragment(orjson.dumps(self._described()))

    @cached_property
    def wire_first(self) -> orjson.Fragment:
        """Return the entry for 2025-03-26, which knows no title, no output schema and no _meta of tools."""
        known = {"name", "description", "inputSchema", "annotations"}
        return orjson.Fragment(orjson.dumps({k: v for k, v in self._described().items() if k in known}))

    def _described(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": OUTPUT_SCHEMA,
            "annotations": _WRITES if self.writes else _READS,
            "_meta": {"gatepost/object": self.object},
        }


class Toolset:
    """The tools of one URL for one principal, sorted by the bytes of their names (all ASCII)."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.tools = sorted(tools, key=lambda tool: tool.name)
        self._names = [tool.name for tool in self.tools]
        self._by_name = dict(zip(self._names, self.tools, strict=True))

    def find(self, name: str) -> Tool | None:
        """Return the tool of that name."""
        return self._by_name.get(name)

    def page(self, after: str) -> tuple[list[Tool], str | None]:
        """Return the tools behind a name, and the name to go on behind."""
        start = bisect_right(self._names, after)
        tools = self.tools[start : start + PAGE]
        has_more = start + PAGE < len(self.tools)
        return tools, tools[-1].name if has_more else None

    def overloads(self, name: str) -> list[str]:
        """Return the tools whose name is this one and a hash, for a model that leaves out which overload it means."""
        return [tool.name for tool in self.tools if tool.name[:-HASH] == name]

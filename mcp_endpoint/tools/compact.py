"""Progressive discovery (`?toolset=compact`): three tools that find, describe and call the many of a large catalog."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog.errors import CallFailed
from mcp_endpoint.tools.ranking import best
from mcp_endpoint.tools.tool import Invocation, Meant, Tool, Toolset

CALL: Final = "call_tool"
_MOST: Final = 20  # tools in one answer
_NAME: Final = {"type": "string", "maxLength": 128, "description": "Name of a tool, as search_tools gives it."}


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer about tools."""

    columns: tuple[str, ...]
    rows: list[list[Any]]
    is_truncated: bool = False
    column_types: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


class Compact(Toolset):
    """Three tools in place of many. A call of `call_tool` is the call of the tool that it names, in every respect."""

    def __init__(self, everything: Toolset) -> None:
        super().__init__((_search(everything), _describe(everything), _CALLER), instructions=everything.instructions)
        self._everything = everything

    def meant(self, name: str, arguments: Mapping[str, Any]) -> Meant:
        """Return what is called through `call_tool`. What is malformed stays with `call_tool`, which says so."""
        if name != CALL or _CALLER.arguments.fault(arguments) is not None:
            return super().meant(name, arguments)
        return self._everything.meant(arguments["name"], arguments.get("arguments", {}))

    def overloads(self, name: str) -> list[str]:
        """Return what a name that is unknown may have meant."""
        return self._everything.overloads(name)


def _search(everything: Toolset) -> Tool:
    async def run(arguments: Mapping[str, Any], _invocation: Invocation) -> _Found:
        found = best(arguments["query"], everything.tools)
        rows = [[tool.name, tool.title, tool.description.partition("\n")[0]] for tool in found[:_MOST]]
        return _Found(("name", "title", "description"), rows, len(found) > _MOST, ("text",) * 3)

    return Tool(
        name="search_tools",
        title="Search tools",
        description=f"Finds tools of this server by words, the best first, at most {_MOST}. "
        f"There are {len(everything.tools)}. An empty query lists the first ones.",
        input_schema=_object({"query": {"type": "string", "maxLength": 1_000}}, ["query"]),
        run=run,
    )


def _describe(everything: Toolset) -> Tool:
    async def run(arguments: Mapping[str, Any], _invocation: Invocation) -> _Found:
        tool = everything.find(arguments["name"])
        if tool is None or tool.is_hidden:
            raise CallFailed("UNKNOWN_TOOL", "There is no such tool. Find one with search_tools.")
        row = [tool.name, tool.title, tool.description, tool.input_schema, tool.annotations]
        columns = ("name", "title", "description", "inputSchema", "annotations")
        return _Found(columns, [row], column_types=("text", "text", "text", "jsonb", "jsonb"))

    return Tool(
        name="describe_tool",
        title="Describe a tool",
        description="Returns what a tool does and the JSON Schema of its arguments.",
        input_schema=_object({"name": _NAME}, ["name"]),
        run=run,
    )


async def _never(_arguments: Mapping[str, Any], _invocation: Invocation) -> _Found:
    raise CallFailed("UNKNOWN_TOOL", "Name a tool. Find one with search_tools.")


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_CALLER: Final = Tool(
    name=CALL,
    title="Call a tool",
    description="Calls a tool by its name. describe_tool tells which arguments it takes.",
    input_schema=_object({"name": _NAME, "arguments": {"type": "object"}}, ["name"]),
    run=_never,
    may_write=True,
    output_schema=None,
)

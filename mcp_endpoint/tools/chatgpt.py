"""mcp.md 4.8: `search` and `fetch` as ChatGPT's research wants them (`?toolset=chatgpt`), over objects of catalogs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import orjson

from catalog import cursors
from catalog.errors import CallFailed, InvalidCursor
from connections import origin
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.tools.ranking import best
from mcp_endpoint.tools.tool import Content, Invocation, Tool, Toolset

KINDS: Final = frozenset({"tables", "vector-search", "servers"})
_MOST: Final = 20  # results

_TEXT: Final = {"type": "string"}
_RESULT: Final = {"id": _TEXT, "title": _TEXT, "url": _TEXT}
_DOCUMENT: Final = {**_RESULT, "text": _TEXT, "metadata": {"type": "object"}}


@dataclass(frozen=True, slots=True)
class _Library:
    """The objects behind the tools of one URL, as one principal finds them."""

    tools: Toolset
    question: tuple[object, ...]  # what ids are good for: this URL and this principal

    def result(self, name: tuple[str, str, str]) -> dict[str, str]:
        """Return what a search tells of an object. The id is sealed, so that nobody can make one up."""
        catalog, schema, _ = name
        page = f"{origin.accepted()[0]}/catalogs/{quote(catalog, safe='')}/schemas/{quote(schema, safe='')}"
        return {"id": cursors.seal(name, self.question), "title": ".".join(name), "url": page}

    def tools_of(self, name: tuple[str, ...]) -> list[Tool]:
        """Return the tools of an object."""
        return [tool for tool in self.tools.tools if _name(tool) == name]


def toolset(server: Server, grant: Grant, everything: Toolset) -> Toolset:
    """Return the two tools in place of all others."""
    library = _Library(everything, ("document", server.path, grant.principal.id))
    search = Tool(
        name="search",
        title="Search",
        description="Finds tables, views, functions and indexes by words, and returns their ids.",
        input_schema=_object({"query": {"type": "string", "maxLength": 1_000}}),
        output_schema=_object({"results": {"type": "array", "items": _object(_RESULT)}}),
        run=partial(_search, library),
    )
    fetch = Tool(
        name="fetch",
        title="Fetch",
        description="Returns what is known of an object that search found: its columns, comments and tools. No rows.",
        input_schema=_object({"id": {"type": "string", "maxLength": 2_000}}),
        output_schema=_object(_DOCUMENT),
        run=partial(_fetch, library),
    )
    return Toolset((search, fetch), instructions=everything.instructions)


async def _search(library: _Library, arguments: Mapping[str, Any], _invocation: Invocation) -> Content:
    names = dict.fromkeys(filter(None, map(_name, best(arguments["query"], library.tools.tools))))
    return _content({"results": [library.result(name) for name in list(names)[:_MOST]]})


async def _fetch(library: _Library, arguments: Mapping[str, Any], _invocation: Invocation) -> Content:
    try:
        catalog, schema, name = (str(part) for part in cursors.unseal(arguments["id"], library.question))
    except InvalidCursor:
        raise CallFailed("UNKNOWN_ID", "id: search again, this one is not valid here, or too old.") from None
    tools = library.tools_of((catalog, schema, name))
    if not tools:
        raise CallFailed("UNKNOWN_ID", "id: search again, this object is gone or not yours to see.")
    text = "\n\n".join(f"{tool.title}\n{tool.description}" for tool in tools)
    metadata = {"catalog": catalog, "schema": schema, "name": name, "tools": [tool.name for tool in tools]}
    return _content({**library.result((catalog, schema, name)), "text": text, "metadata": metadata})


def _name(tool: Tool) -> tuple[str, str, str] | None:
    found = tool.object
    return (found["catalog"], found["schema"], found["name"]) if found else None


def _content(document: dict[str, Any]) -> Content:
    """The same object twice, as text and as structure: its clients read either."""
    return Content([{"type": "text", "text": orjson.dumps(document).decode()}], structured=document)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }

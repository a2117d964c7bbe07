"""mcp.md 4.8: `search` and `fetch` as ChatGPT's research wants them (`?toolset=chatgpt`).

They find rows of the tables that an admin opened to document search, and objects of catalogs: what the tools of the URL
open to the principal, and no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import orjson

from catalog import cursors, documents
from catalog.documents import Found
from catalog.errors import CallFailed, InvalidCursor, NotVisible
from catalog.text_search import Shelf
from connections import origin
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import TITLE_LENGTH, UNTRUSTED, clean
from mcp_endpoint.tools.ranking import best
from mcp_endpoint.tools.tool import Content, Invocation, Tool, Toolset, caller_of

KINDS: Final = frozenset({"tables", "vector-search", "servers"})
_MOST: Final = 20  # results
_MOST_ROWS: Final = 10  # of them
_LONGEST_ID: Final = 8_000  # characters: it holds the key of a row, sealed
_ROW, _OBJECT = "row", "object"

_TEXT: Final = {"type": "string"}
_RESULT: Final = {"id": _TEXT, "title": _TEXT, "url": _TEXT}
_DOCUMENT: Final = {**_RESULT, "text": _TEXT, "metadata": {"type": "object"}}

Name = tuple[str, str, str]  # catalog, schema, object


@dataclass(frozen=True, slots=True)
class _Library:
    """The rows and objects behind the tools of one URL, as one principal finds them."""

    tools: Toolset
    shelves: Mapping[Name, Shelf]
    question: tuple[object, ...]  # what ids are good for: this URL and this principal

    def row(self, found: Found) -> dict[str, str]:
        """Return what a search tells of a row."""
        name = _name_of(found.relation)
        title = clean(found.title, TITLE_LENGTH) or ".".join((*name, *map(str, found.key)))
        return {"id": self._id(_ROW, *name, *found.key), "title": title, "url": found.url or _page(name)}

    def object(self, name: Name) -> dict[str, str]:
        """Return what a search tells of an object."""
        return {"id": self._id(_OBJECT, *name), "title": ".".join(name), "url": _page(name)}

    def _id(self, *parts: str | None) -> str:
        """Seal the id, so that nobody can make one up."""
        return cursors.seal(parts, self.question)

    def tools_of(self, name: Name) -> list[Tool]:
        """Return the tools of an object."""
        return [tool for tool in self.tools.tools if _name(tool) == name]


def toolset(server: Server, grant: Grant, everything: Toolset) -> Toolset:
    """Return the two tools in place of all others."""
    shelves = {_name_of(tool.shelf.relation): tool.shelf for tool in everything.tools if tool.shelf}
    library = _Library(everything, shelves, ("document", server.path, grant.principal.id))
    catalogs = tuple(sorted({catalog for catalog, _, _ in shelves}))
    rows = f"rows of {', '.join('.'.join(name) for name in sorted(shelves))}, and tables" if shelves else "tables"
    words = 'Words as for a web search: "in this order", or, -without.' if shelves else "Words."
    search = Tool(
        name="search",
        title="Search",
        description=_described(
            f"Finds {clean(rows)}, views, functions and indexes by words, and returns their ids.", shelves
        ),
        input_schema=_object({"query": {"type": "string", "maxLength": 1_000, "description": words}}),
        output_schema=_object({"results": {"type": "array", "items": _object(_RESULT)}}),
        catalogs=catalogs,
        run=partial(_search, library),
    )
    told = "Returns what search found: the text of a row, or" if shelves else "Returns"
    fetch = Tool(
        name="fetch",
        title="Fetch",
        description=_described(f"{told} what is known of an object: its columns, comments and tools.", shelves),
        input_schema=_object({"id": {"type": "string", "maxLength": _LONGEST_ID}}),
        output_schema=_object(_DOCUMENT),
        catalogs=catalogs,
        run=partial(_fetch, library),
    )
    return Toolset((search, fetch), instructions=everything.instructions)


async def _search(library: _Library, arguments: Mapping[str, Any], invocation: Invocation) -> Content:
    rows = await _rows(library, arguments["query"], invocation)
    names = dict.fromkeys(filter(None, map(_name, best(arguments["query"], library.tools.tools))))
    objects = list(names)[: _MOST - len(rows)]
    results = [*map(library.row, rows), *map(library.object, objects)]
    return _content({"results": results}, len(rows) if library.shelves else None)


async def _rows(library: _Library, words: str, invocation: Invocation) -> list[Found]:
    if not library.shelves:
        return []
    if "\0" in words:  # PostgreSQL has no such character
        raise CallFailed("INVALID_ARGUMENT", "query: leave out the NUL character.")
    invocation.name(".".join(name) for name in sorted(library.shelves))
    limits = replace(invocation.lowered, rows=min(_MOST_ROWS, invocation.row_limit or _MOST_ROWS))
    return await documents.search(
        list(library.shelves.values()), words, caller=caller_of(invocation.grant), limits=limits
    )


async def _fetch(library: _Library, arguments: Mapping[str, Any], invocation: Invocation) -> Content:
    try:
        kind, catalog, schema, name, *key = cursors.unseal(arguments["id"], library.question)
    except InvalidCursor:
        raise CallFailed("UNKNOWN_ID", "id: search again, this one is not valid here, or too old.") from None
    named = (str(catalog), str(schema), str(name))
    invocation.name([".".join(named)])
    if kind == _ROW:
        document = await _row(library, named, key, invocation)
    else:
        document = _described_object(library, named)
    return _content({**document, "id": arguments["id"]}, 1 if kind == _ROW else None)


def _described_object(library: _Library, name: Name) -> dict[str, Any]:
    tools = library.tools_of(name)
    if not tools:
        raise CallFailed("UNKNOWN_ID", "id: search again, this object is gone or not yours to see.")
    text = "\n\n".join(f"{tool.title}\n{tool.description}" for tool in tools)
    metadata = {**_where(name), "tools": [tool.name for tool in tools]}
    return {**library.object(name), "text": text, "metadata": metadata}


async def _row(library: _Library, name: Name, key: Sequence[str | None], invocation: Invocation) -> dict[str, Any]:
    gone = CallFailed("UNKNOWN_ID", "id: search again, this row is gone or not yours to see.")
    shelf = library.shelves.get(name)
    if shelf is None:
        raise gone
    try:
        found = await documents.fetch(shelf, key, caller=caller_of(invocation.grant), limits=invocation.lowered)
    except NotVisible:
        raise gone from None
    named = dict(zip((column.name for column in shelf.key), found.key, strict=True))
    metadata = {**_where(name), "key": named, "is_truncated": found.is_cut}
    return {**library.row(found), "text": found.text, "metadata": metadata}


def _described(does: str, shelves: Mapping[Name, Shelf]) -> str:
    return f"{does}\n\n{UNTRUSTED}" if shelves else does


def _name(tool: Tool) -> Name | None:
    found = tool.object
    return (found["catalog"], found["schema"], found["name"]) if found else None


def _name_of(relation: Any) -> Name:
    return relation.catalog, relation.schema, relation.name


def _where(name: Name) -> dict[str, Any]:
    return dict(zip(("catalog", "schema", "name"), name, strict=True))


def _page(name: Name) -> str:
    """Return the page of the console on which the object stands."""
    catalog, schema, _ = name
    return f"{origin.accepted()[0]}/catalogs/{quote(catalog, safe='')}/schemas/{quote(schema, safe='')}"


def _content(document: dict[str, Any], row_count: int | None = None) -> Content:
    """The same object twice, as text and as structure: its clients read either."""
    blocks = [{"type": "text", "text": orjson.dumps(document).decode()}]
    return Content(blocks, row_count=row_count, structured=document)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }

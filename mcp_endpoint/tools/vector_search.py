"""mcp.md 4.6: columns of vectors that have an index, as tools that find the nearest rows."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, Final

from accounts import freshness
from accounts.freshness import FreshCache
from catalog import filters, vectors
from catalog.errors import NotVisible
from catalog.execution import Result
from catalog.vectors import DEFAULT, MOST, Search
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import TITLE_LENGTH, UNTRUSTED, clean
from mcp_endpoint.tools.tool import Invocation, Tool, Toolset, caller_of

_PRESETS: Final = ("num_results", "columns", "filters", "score_threshold")  # of `_meta` (mcp.md 4.9)

_BY_TEXT: Final = "A text. The database makes its vector."
_LONGEST_TEXT: Final = 20_000  # characters

_toolsets: FreshCache[tuple[object, ...], Toolset] = FreshCache(size=1_000)


async def tools(server: Server, grant: Grant) -> Toolset:
    """Return the indexes that the principal may search on this URL. Raises NotVisible when there is nothing to see."""
    catalog, schema, *rest = server.names
    if not grant.narrowing.allows_catalog(catalog):
        raise NotVisible
    caller = caller_of(grant)
    key = (server.path, caller)
    known = _toolsets.get(key)
    if known is None:
        generation = freshness.generation()
        found = await vectors.visible(catalog, schema, caller, index=rest[0] if rest else None)
        known = Toolset(map(_tool, found))
        _toolsets.put(key, known, generation)
    return known


def instructions(server: Server) -> str:
    """Tell a model what this URL is for."""
    catalog, schema, *_ = server.names
    return f"These tools find rows of schema {schema} in the PostgreSQL catalog {catalog} by likeness. {UNTRUSTED}"


@lru_cache(maxsize=4096)  # a Relation is made once for each version of its catalog
def _tool(search: Search) -> Tool:
    relation, index = search.relation, search.index
    return Tool(
        name=relation.search_names[index.name],
        title=clean(f"Nearest rows of {relation.name} by {search.column.name}", TITLE_LENGTH),
        description=_description(search),
        input_schema=_schema(search),
        object={"catalog": relation.catalog, "schema": relation.schema, "name": index.name, "arguments": ""},
        is_hidden=relation.has_changed,
        shelf=search.table.shelf,
        presets=_PRESETS,
        run=partial(_find, search),
    )


def _description(search: Search) -> str:
    relation = search.relation
    text = f" Give exactly one of query_vector and query: {_BY_TEXT}" if search.embedding else ""
    does = (
        f"Returns the rows of {clean(relation.name)} whose {clean(search.column.name)} is nearest to a vector of "
        f"{search.dimensions} numbers, best first. The last column, score, is the {search.metric.name}: higher is better.{text}"
    )
    fewer = "The index is approximate: with filters, fewer rows may come than asked for."
    return "\n\n".join(filter(None, (clean(relation.comment), f"{does} {fewer}", UNTRUSTED)))


def _schema(search: Search) -> dict[str, Any]:
    filtering, definitions = filters.schema(search.relation.columns)
    size = {"minItems": search.dimensions, "maxItems": search.dimensions}
    columns = [column.name for column in search.relation.columns]
    most = min(MOST, search.table.row_limit)
    by_text = {"query": {"type": "string", "minLength": 1, "maxLength": _LONGEST_TEXT, "description": _BY_TEXT}}
    return {
        "type": "object",
        "properties": {
            "query_vector": {"type": "array", "items": {"type": "number"}, **size},
            **(by_text if search.embedding else {}),
            "num_results": {"type": "integer", "minimum": 1, "maximum": most, "default": min(DEFAULT, most)},
            "filters": filtering,
            "columns": {"type": "array", "items": {"enum": columns}, "minItems": 1, "uniqueItems": True},
            "score_threshold": {"type": "number", "description": "Leaves out rows with a lower score."},
        },
        "required": [] if search.embedding else ["query_vector"],  # oneOf is not for every client: catalog.vectors asks
        "additionalProperties": False,
        "$defs": definitions,
    }


async def _find(search: Search, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    presets = invocation.limits.presets
    return await vectors.find(
        search,
        _lowered(arguments, presets),
        within=presets.get("filters", {}),
        caller=caller_of(invocation.grant),
        limits=invocation.lowered,
    )


def _lowered(arguments: Mapping[str, Any], presets: Mapping[str, Any]) -> dict[str, Any]:
    """What the developer presets only ever takes away."""
    lowered = dict(arguments)
    if "num_results" in presets:
        lowered["num_results"] = min(arguments.get("num_results", DEFAULT), presets["num_results"])
    if "score_threshold" in presets:
        asked = arguments.get("score_threshold", presets["score_threshold"])
        lowered["score_threshold"] = max(asked, presets["score_threshold"])
    if "columns" in presets:
        asked_columns = arguments.get("columns", presets["columns"])
        lowered["columns"] = [name for name in asked_columns if name in presets["columns"]] or presets["columns"]
    return lowered

"""mcp.md 4.4: tables and views of a schema as tools that ask for rows, find one by a key, and count."""

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from accounts import freshness
from accounts.freshness import FreshCache
from catalog import aside, filters, ordering, tables
from catalog.errors import NotVisible
from catalog.execution import Result
from catalog.relation import Column, Index
from catalog.tables import DEFAULT_LIMIT, Table
from connections.grant import Grant
from mcp_endpoint.server import Server
from mcp_endpoint.text import MAX_LENGTH, TITLE_LENGTH, UNTRUSTED, clean
from mcp_endpoint.tools.tool import Invocation, Tool, Toolset, caller_of, output_schema

_PAGED: Final = output_schema(
    next_cursor={"type": ["string", "null"], "description": "Give it as `cursor` for the rows that follow."}
)
_COMMENT_LENGTH: Final = 120  # characters of a column's comment

_toolsets: FreshCache[tuple[object, ...], Toolset] = FreshCache(size=1_000)


async def tools(server: Server, grant: Grant) -> Toolset:
    """Return the tools for what the principal may read on this URL. Raises NotVisible when there is nothing to see."""
    catalog, schema = server.names
    if not grant.narrowing.allows_catalog(catalog):
        raise NotVisible
    caller = caller_of(grant)
    key = (server.path, caller)
    known = _toolsets.get(key)
    if known is None:
        generation = freshness.generation()
        found = await tables.visible(catalog, schema, caller)
        known = await aside.made(lambda: Toolset(tool for table in found for tool in _tools(table)), len(found))
        _toolsets.put(key, known, generation)
    return known


def instructions(server: Server) -> str:
    """Tell a model what this URL is for."""
    catalog, schema = server.names
    return f"These tools read tables and views of schema {schema} in the PostgreSQL catalog {catalog}. {UNTRUSTED}"


@lru_cache(maxsize=16_384)  # a Relation is made once for each version of its catalog
def _tools(table: Table) -> tuple[Tool, ...]:
    filtering, definitions = filters.schema(table.relation.columns)
    return (
        _query(table, filtering, definitions),
        _count(table, filtering, definitions),
        *(_lookup(table, index) for index in table.relation.lookups),
    )


def _query(table: Table, filtering: dict[str, Any], definitions: dict[str, Any]) -> Tool:
    relation = table.relation
    properties = {"filters": filtering, **dict(_choices(table))}
    if ordering.key_of(relation):
        properties["cursor"] = {"type": "string", "description": "`next_cursor` of the page before."}
    return Tool(
        name=relation.tool_names["query"],
        title=clean(f"Rows of {relation.name}", TITLE_LENGTH),
        description=_described(table, f"Returns rows of {_kind(table)}.", "\n".join(_columns(table))),
        input_schema=_object(properties, definitions),
        output_schema=_PAGED,
        object=_object_of(table),
        is_hidden=relation.has_changed,
        shelf=table.shelf,
        run=partial(_run_query, table),
    )


def _lookup(table: Table, index: Index) -> Tool:
    relation = table.relation
    columns = [filters.known(relation, name) for name in index.columns]
    named = " and ".join(index.columns)
    return Tool(
        name=relation.tool_names[index.columns],
        title=clean(f"One row of {relation.name} by {named}", TITLE_LENGTH),
        description=_described(table, f"Returns the row of {_kind(table)} with this {clean(named)}, or none."),
        input_schema=_object({column.name: _value(column) for column in columns}) | {"required": list(index.columns)},
        object=_object_of(table),
        is_hidden=relation.has_changed,
        run=partial(_run_lookup, table, index),
    )


def _count(table: Table, filtering: dict[str, Any], definitions: dict[str, Any]) -> Tool:
    relation = table.relation
    return Tool(
        name=relation.tool_names["count"],
        title=clean(f"Number of rows of {relation.name}", TITLE_LENGTH),
        description=_described(table, f"Counts the rows of {_kind(table)} that fit the filters."),
        input_schema=_object({"filters": filtering}, definitions),
        object=_object_of(table),
        is_hidden=relation.has_changed,
        run=partial(_run_count, table),
    )


def _choices(table: Table) -> Iterator[tuple[str, Any]]:
    """What query tools take beside filters and cursor."""
    columns = [column.name for column in table.relation.columns]
    yield "columns", {"type": "array", "items": {"enum": columns}, "minItems": 1, "uniqueItems": True}
    if table.references:
        leads = "; ".join(f"{each.name}: {each.target.name}" for each in table.references)
        yield (
            "include",
            {
                "type": "array",
                "items": {"enum": [each.name for each in table.references]},
                "uniqueItems": True,
                "description": clean(f"Adds the columns of the row that a foreign key leads to. {leads}"),
            },
        )
    sortable = [column.name for column in table.relation.columns if column.operators]
    if sortable:
        yield "order_by", _order(sortable)
    default = min(DEFAULT_LIMIT, table.row_limit)
    yield "limit", {"type": "integer", "minimum": 1, "maximum": table.row_limit, "default": default}


def _order(sortable: list[str]) -> dict[str, Any]:
    term = {
        "type": "object",
        "properties": {"column": {"enum": sortable}, "direction": {"enum": ["asc", "desc"], "default": "asc"}},
        "required": ["column"],
        "additionalProperties": False,
    }
    return {"type": "array", "items": term, "maxItems": len(sortable)}


def _object(properties: dict[str, Any], definitions: dict[str, Any] | None = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"$defs": definitions} if definitions else {})


def _value(column: Column) -> dict[str, Any]:
    assert column.input is not None  # noqa: S101 - lookups are over columns that take values
    said = clean(column.comment, _COMMENT_LENGTH)
    return {**column.input.schema, **({"description": said} if said else {})}


def _described(table: Table, does: str, more: str = "") -> str:
    comment = clean(table.relation.comment)
    text = "\n\n".join(filter(None, (comment, does, more)))
    return f"{clean(text, MAX_LENGTH)}\n\n{UNTRUSTED}"


def _columns(table: Table) -> Iterator[str]:
    for column in table.relation.columns:
        comment = clean(column.comment, _COMMENT_LENGTH)
        yield f"{clean(column.name)} {clean(column.type)}{': ' if comment else ''}{comment}"


def _kind(table: Table) -> str:
    word = {"v": "view", "m": "materialized view"}.get(table.relation.kind, "table")
    return f"the {word} {clean(table.relation.name)}"


def _object_of(table: Table) -> dict[str, str]:
    relation = table.relation
    return {"catalog": relation.catalog, "schema": relation.schema, "name": relation.name, "arguments": ""}


async def _run_query(table: Table, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    return await tables.query(table, arguments, caller=caller_of(invocation.grant), limits=invocation.lowered)


async def _run_lookup(table: Table, index: Index, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    return await tables.lookup(table, index, arguments, caller=caller_of(invocation.grant), limits=invocation.lowered)


async def _run_count(table: Table, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    given = arguments.get("filters", {})
    return await tables.count(table, given, caller=caller_of(invocation.grant), limits=invocation.lowered)

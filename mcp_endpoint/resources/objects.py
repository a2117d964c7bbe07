"""mcp.md 4.10: catalog objects as resources. Metadata only, never rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import orjson

from accounts import freshness
from accounts.freshness import FreshCache
from accounts.scopes import Scope, covers
from catalog import objects
from catalog.function import Function
from catalog.objects import Schema
from catalog.relation import Column, Index, Relation
from connections.grant import Grant
from mcp_endpoint import paging
from mcp_endpoint.resources.resource import Resource, Resources, Template
from mcp_endpoint.server import Server
from mcp_endpoint.text import TITLE_LENGTH, clean
from mcp_endpoint.tools.tool import caller_of

_JSON: Final = "application/json"
ROOT: Final = "gatepost://"
_CATALOG: Final = ROOT + "{catalog}"
_SCHEMA: Final = _CATALOG + "/{schema}"
TEMPLATES: Final = (
    Template(_CATALOG, "catalog", "Catalog", "The schemas of a catalog.", _JSON),
    Template(_SCHEMA, "schema", "Schema", "The tables, functions and indexes of a schema.", _JSON),
    Template(f"{_SCHEMA}/tables/{{table}}", "table", "Table", "Columns, keys and tools of a table or view.", _JSON),
    Template(f"{_SCHEMA}/functions/{{function}}", "function", "Function", "Signatures and tools of a function.", _JSON),
    Template(f"{_SCHEMA}/indexes/{{index}}", "index", "Index", "What a vector index measures, and its tool.", _JSON),
)
# The token must cover a kind of URL on which the objects are tools.
_OPENED_BY: Final[Mapping[str, frozenset[Scope]]] = {
    "tables": frozenset({Scope.MCP_TABLES, Scope.MCP_SQL}),
    "functions": frozenset({Scope.MCP_FUNCTIONS, Scope.MCP_SQL}),
    "indexes": frozenset({Scope.MCP_VECTORSEARCH}),
}

_known: FreshCache[tuple[object, ...], "CatalogResources"] = FreshCache(size=1_000)


async def resources(server: Server, grant: Grant) -> Resources:
    """Return the objects on a URL that names a catalog and perhaps a schema. Raises NotVisible."""
    if not server.names or not grant.narrowing.allows_catalog(server.names[0]):
        return Resources()
    opened = frozenset(
        kind for kind, scopes in _OPENED_BY.items() if any(covers(grant.scopes, scope) for scope in scopes)
    )
    caller, (catalog, *rest) = caller_of(grant), server.names
    key = (catalog, *rest, caller, opened)
    known = _known.get(key)
    if known is None:
        generation = freshness.generation()
        found = await objects.visible(catalog, caller, rest[0] if rest else None)
        known = CatalogResources(catalog, found, opened, only=rest[1] if len(rest) > 1 else None)
        _known.put(key, known, generation)
    return known


@dataclass(frozen=True, slots=True)
class _Entry:
    resource: Resource
    write: Callable[[], Mapping[str, Any]]


class CatalogResources(Resources):
    """The objects of a catalog that one principal may use. `only` narrows them to those of one name."""

    templates = TEMPLATES

    def __init__(
        self, catalog: str, schemas: Mapping[str, Schema], opened: frozenset[str], only: str | None = None
    ) -> None:
        self._catalog = catalog
        self._names: dict[str, dict[str, list[str]]] = {}  # by schema and kind
        for schema in schemas.values():
            by_kind = {"tables": schema.tables, "functions": schema.functions, "indexes": schema.indexes}
            self._names[schema.name] = {
                kind: sorted(name for name in named if only in {None, name})
                for kind, named in by_kind.items()
                if kind in opened
            }
        self._entries = {entry.resource.uri: entry for entry in self._described(schemas)}
        self._uris = sorted(self._entries)

    async def page(self, after: str) -> tuple[Sequence[Resource], str | None]:
        """Return the resources behind a URI, and the URI to go on behind."""
        where, last = paging.behind(self._uris, after)
        return [self._entries[uri].resource for uri in self._uris[where]], last

    async def read(self, uri: str) -> Sequence[Mapping[str, Any]] | None:
        """Return the description of an object as JSON."""
        entry = self._entries.get(uri)
        if entry is None:
            return None
        return [{"uri": uri, "mimeType": _JSON, "text": orjson.dumps(entry.write()).decode()}]

    async def complete(self, template: str, argument: str, prefix: str, given: Mapping[str, str]) -> Sequence[str]:
        """Complete a name. What stands before it in the URI narrows it."""
        if "{" + argument + "}" not in template:
            return ()
        return [name for name in self._candidates(argument, given) if name.startswith(prefix)]

    def _candidates(self, argument: str, given: Mapping[str, str]) -> Sequence[str]:
        if given.get("catalog", self._catalog) != self._catalog:
            return ()
        if argument == "catalog":
            return (self._catalog,)
        if argument == "schema":
            return sorted(self._names)
        kind = {"table": "tables", "function": "functions", "index": "indexes"}[argument]
        schemas = [self._names.get(given["schema"], {})] if "schema" in given else self._names.values()
        return sorted({name for schema in schemas for name in schema.get(kind, ())})

    def _described(self, schemas: Mapping[str, Schema]) -> Iterator[_Entry]:
        listed = {"catalog": self._catalog, "schemas": sorted(self._names)}
        yield _entry((self._catalog,), "Catalog", lambda: listed)
        for schema in schemas.values():
            where = (self._catalog, schema.name)
            named = self._names[schema.name]
            yield _entry(where, "Schema", partial(dict, catalog=self._catalog, schema=schema.name, **named))
            for name in named.get("tables", ()):
                table = schema.tables[name]
                yield _entry((*where, "tables", name), clean(table.comment), partial(_table, table, schema))
            for name in named.get("functions", ()):
                overloads = schema.functions[name]
                yield _entry(
                    (*where, "functions", name), clean(overloads[0].comment), partial(_functions, name, overloads)
                )
            for name in named.get("indexes", ()):
                yield _entry((*where, "indexes", name), "Vector index", partial(_index, *schema.indexes[name]))


def _entry(path: Sequence[str], description: str, write: Callable[[], Mapping[str, Any]]) -> _Entry:
    uri = ROOT + "/".join(quote(segment, safe="") for segment in path)
    name = clean(path[-1], TITLE_LENGTH)
    title = clean(".".join((*path[:2], *path[3:])), TITLE_LENGTH)
    return _Entry(Resource(uri, name, title, description, _JSON), write)


def _table(table: Relation, schema: Schema) -> dict[str, Any]:
    return {
        "catalog": table.catalog,
        "schema": table.schema,
        "table": table.name,
        "kind": {"v": "view", "m": "materialized view", "f": "foreign table"}.get(table.kind, "table"),
        "comment": clean(table.comment),
        "columns": [_column(column) for column in table.columns],
        "keys": [
            {"kind": {"p": "primary", "u": "unique", "f": "foreign"}[key.kind], "columns": key.columns}
            | ({"references": key.references} if key.references and _is_seen(key.references, schema) else {})
            for key in table.keys
        ],
        "row_estimate": table.row_estimate if table.row_estimate >= 0 else None,
        "tools": sorted(table.tool_names.values()),
    }


def _is_seen(references: tuple[str, str, tuple[str, ...]], schema: Schema) -> bool:
    """Tell whether the table of a foreign key is one that the caller may read, as far as this schema says."""
    return references[0] == schema.name and references[1] in schema.tables


def _column(column: Column) -> dict[str, Any]:
    shown = {"name": column.name, "type": column.type, "nullable": column.nullable}
    return {**shown, "comment": clean(column.comment)}


def _functions(name: str, overloads: Sequence[Function]) -> dict[str, Any]:
    one = overloads[0]
    return {
        "catalog": one.catalog,
        "schema": one.schema,
        "function": name,
        "signatures": [
            {
                "arguments": [
                    {"name": each.name, "type": each.type, "required": not each.has_default}
                    for each in function.arguments
                ],
                "returns": ("SETOF " if function.returns_set else "") + function.returns,
                "comment": clean(function.comment),
                "volatility": function.volatility,
                "writes": function.writes,
                "tool": function.tool_name,
            }
            for function in overloads
        ],
    }


def _index(table: Relation, index: Index, embedding: Function | None) -> dict[str, Any]:
    return {
        "catalog": table.catalog,
        "schema": table.schema,
        "index": index.name,
        "table": table.name,
        "columns": index.columns,
        "method": index.method,
        "metric": index.opclass,
        "dimensions": index.dimensions,
        "embedding_function": f"{embedding.schema}.{embedding.name}" if embedding else None,
        "tool": table.search_names[index.name],
    }

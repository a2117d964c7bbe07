"""What one caller may see of a catalog, schema by schema, from memory. No Django here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit import event_loop
from catalog import embeddings, snapshot
from catalog.function import Function
from catalog.relation import Index, Relation
from catalog.snapshot import Caller


@dataclass(frozen=True, slots=True)
class Schema:
    """The objects of one schema, by name. What changed since an admin last looked is left out."""

    name: str
    functions: Mapping[str, Sequence[Function]]  # with all overloads that the caller may call
    tables: Mapping[str, Relation]  # and views
    # That tools search by, with the function that makes vectors of texts for those who may execute it.
    indexes: Mapping[str, tuple[Relation, Index, Function | None]]


async def visible(catalog: str, caller: Caller, schema: str | None = None) -> Mapping[str, Schema]:
    """Return the schemas in which the caller may use something, by name; or at most the one. Raise NotVisible."""
    return await event_loop.on_owner(_visible(catalog, caller, schema))


async def _visible(catalog: str, caller: Caller, schema: str | None) -> Mapping[str, Schema]:
    header = await snapshot.header(catalog)
    names = sorted((await snapshot.namespaces(header)).path) if schema is None else [schema]
    found = [await _schema(header, name, caller) for name in names]
    return {each.name: each for each in found if each.functions or each.tables}


async def _schema(header: snapshot.Header, name: str, caller: Caller) -> Schema:
    functions: dict[str, list[Function]] = {}
    for function in await snapshot.visible(header, name, caller):
        if not function.has_changed:
            functions.setdefault(function.name, []).append(function)
    reached = await snapshot.relations(header, name, caller)
    tables = [reach.relation for reach in reached if reach.select and not reach.relation.has_changed]
    return Schema(
        name,
        functions,
        {table.name: table for table in tables},
        {
            index.name: (table, index, await embeddings.offered(header, table, index.name, caller))
            for table in tables
            for index in table.indexes
            if index.opclass
        },
    )

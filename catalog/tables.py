"""Rows of tables and views for the MCP endpoint: asking for them, finding one by a key, counting. No Django here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from psycopg import sql

from audit import event_loop
from catalog import cursors, execution, filters, ordering, selection, session, snapshot, text_search
from catalog.errors import InvalidCursor, NotVisible
from catalog.execution import Collected, Limits, Result
from catalog.ordering import Term
from catalog.parameters import Parameters
from catalog.relation import Index, Key, Relation
from catalog.selection import TABLE, Reference
from catalog.session import Connection
from catalog.snapshot import Caller
from catalog.text_search import Shelf

DEFAULT_LIMIT: Final = 100  # rows
_FEW_ROWS: Final = 100  # one prepared statement; more are streamed
_INT8: Final = ("pg_catalog", "int8")
Work = Callable[[Connection, bytes, list[str | None], Collected], Awaitable[Collected]]


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view that a caller may read, with the tables that its foreign keys open to the same caller."""

    relation: Relation
    references: tuple[Reference, ...]
    row_limit: int  # of the catalog
    shelf: Shelf | None  # its rows as documents, when the caller may search them

    def reference(self, name: str) -> Reference:
        """Return the foreign key of that name; NotVisible when the caller may not follow it."""
        for reference in self.references:
            if reference.name == name:
                return reference
        raise NotVisible


async def visible(catalog: str, schema: str, caller: Caller) -> tuple[Table, ...]:
    """Return what the caller may read in a schema, by name. Raise NotVisible when there is nothing."""
    return await event_loop.on_owner(_visible(catalog, schema, caller))


async def query(table: Table, arguments: Mapping[str, Any], *, caller: Caller, limits: Limits) -> Result:
    """Return a page of rows and, as `next_cursor`, where to go on. The arguments are those of mcp.md 4.4.

    Raise CallFailed, NotVisible, or InvalidCursor.
    """
    return await event_loop.on_owner(_query(table, arguments, caller, limits))


async def lookup(table: Table, index: Index, key: Mapping[str, Any], *, caller: Caller, limits: Limits) -> Result:
    """Return the row with these values in the columns of a unique index, or no row."""
    return await event_loop.on_owner(_lookup(table, index, key, caller, limits))


async def count(table: Table, given: Mapping[str, Any], *, caller: Caller, limits: Limits) -> Result:
    """Return how many rows fit the filters, as the column `count`."""
    return await event_loop.on_owner(_count(table, given, caller, limits))


async def _visible(catalog: str, schema: str, caller: Caller) -> tuple[Table, ...]:
    header = await snapshot.header(catalog)
    reached = await snapshot.relations(header, schema, caller)
    readable = [reach for reach in reached if reach.reads]
    if not readable:
        raise NotVisible
    schemas = {key.references[0] for reach in readable for key in reach.relation.keys if key.references}
    targets = {
        (name, reach.relation.name): reach.relation
        for name in sorted(schemas)
        for reach in await snapshot.relations(header, name, caller)
        if reach.reads and not reach.relation.has_changed
    }
    return tuple(
        Table(reach.relation, _references(reach.relation, targets), header.row_limit, text_search.shelf_of(reach))
        for reach in readable
    )


def _references(relation: Relation, targets: Mapping[tuple[str, str], Relation]) -> tuple[Reference, ...]:
    found: dict[str, Reference] = {}
    for key in relation.keys:
        reference = _reference(relation, key, targets)
        if reference is not None:
            found.setdefault(reference.name, reference)  # two keys over the same columns: the first
    return tuple(found.values())


def _reference(relation: Relation, key: Key, targets: Mapping[tuple[str, str], Relation]) -> Reference | None:
    if key.references is None:
        return None
    schema, name, columns = key.references
    target = targets.get((schema, name))
    compare = [relation.column(column) for column in key.columns]
    if target is None or not all(column and column.operators for column in compare):
        return None
    return Reference("_and_".join(key.columns), key.columns, target, columns)


async def _query(table: Table, arguments: Mapping[str, Any], caller: Caller, limits: Limits) -> Result:
    relation, given = table.relation, arguments.get("filters", {})
    columns = [filters.known(relation, name) for name in arguments.get("columns", ())] or relation.columns
    references = [table.reference(name) for name in arguments.get("include", ())]
    order = ordering.completed(relation, arguments.get("order_by", ()))
    reach = snapshot.reach_of(await snapshot.rights(caller), relation)
    masked = {column for column, _ in reach.restriction.masks} if reach and reach.restriction else set()
    # What is masked says nothing of where a row stands.
    is_paged = ordering.is_total(relation) and masked.isdisjoint(term.column.name for term in order)
    marks = order if is_paged else ()
    question = _question(relation, given, order, caller)
    after = _after(arguments.get("cursor"), question, is_paged=is_paged)

    def build(parameters: Parameters, limit: int) -> bytes:
        conditions = filters.conditions(relation, given, TABLE, parameters)
        if after is not None:
            conditions.append(ordering.behind(order, after, TABLE, parameters))
        bound = _bound(limit + 1, parameters)
        return selection.of_query(relation, columns, references, conditions, order, marks, bound, parameters)

    rows = min(arguments.get("limit", DEFAULT_LIMIT), limits.rows or table.row_limit)
    targets = [reference.target for reference in references]
    wanted = replace(limits, rows=rows, hidden=len(marks))
    collected = await run([relation, *targets], build, caller, wanted)
    end = collected.last[-len(marks) :] if marks and collected.truncated_by and collected.last else None
    following = None if end is None else cursors.seal(list(end), question)
    shown = [(column.name, column.type) for column in columns]
    shown += [(f"{each.name}.{column.name}", column.type) for each in references for column in each.target.columns]
    return result(shown, collected, {"next_cursor": following})


async def _lookup(table: Table, index: Index, key: Mapping[str, Any], caller: Caller, limits: Limits) -> Result:
    relation = table.relation
    columns = [filters.known(relation, name) for name in index.columns]

    def build(parameters: Parameters, limit: int) -> bytes:
        conditions = selection.equal(columns, [key[column.name] for column in columns], parameters)
        bound = _bound(limit, parameters)
        return selection.of_query(relation, relation.columns, (), conditions, (), (), bound, parameters)

    collected = await run([relation], build, caller, replace(limits, rows=1))
    return result([(column.name, column.type) for column in relation.columns], collected)


async def _count(table: Table, given: Mapping[str, Any], caller: Caller, limits: Limits) -> Result:
    def build(parameters: Parameters, _limit: int) -> bytes:
        return selection.of_count(
            table.relation, filters.conditions(table.relation, given, TABLE, parameters), parameters
        )

    return result([("count", "bigint")], await run([table.relation], build, caller, limits))


async def run(
    relations: Sequence[Relation],
    build: Callable[[Parameters, int], bytes],
    caller: Caller,
    limits: Limits,
    work: Work | None = None,
) -> Collected:
    """Run a statement over tables that the caller may read at this moment. On the owning loop."""
    header = await snapshot.header(relations[0].catalog)
    held = await snapshot.rights(caller)
    reached = {each: snapshot.reach_of(held, each) for each in relations}
    if header.id != relations[0].catalog_id or not all(reach and reach.reads for reach in reached.values()):
        raise NotVisible
    execution.check_login_role(header)
    limit = execution.rows_allowed(header, limits.rows)
    parameters = Parameters({each: r.restriction for each, r in reached.items() if r and r.restriction})
    statement = build(parameters, limit)
    how = work or (execution.read if limit <= _FEW_ROWS else execution.stream)
    lane = await session.lane(header)

    return await lane.run(
        lambda connection: how(connection, statement, parameters.values, execution.collected(header, limits)),
        execution.seconds_allowed(header, limits.timeout_ms),
        repeatable=True,
    )


def _question(relation: Relation, given: Mapping[str, Any], order: Sequence[Term], caller: Caller) -> list[Any]:
    """Return what a cursor is good for: the same rows in the same order for the same principal."""
    terms = [(term.column.name, term.descending) for term in order]
    return [caller.principal_id, relation.catalog_id, relation.schema, relation.name, given, terms]


def _after(cursor: str | None, question: list[Any], *, is_paged: bool) -> list[str | None] | None:
    if cursor is None:
        return None
    if not is_paged:
        raise InvalidCursor("rows in this order have no pages")
    return cursors.unseal(cursor, question)


def _bound(limit: int, parameters: Parameters) -> sql.Composed:
    return parameters.bind(str(limit), _INT8)


def result(shown: Sequence[tuple[str, str]], collected: Collected, extra: Mapping[str, Any] | None = None) -> Result:
    """Return what was collected under these names and types."""
    return Result(
        columns=tuple(name for name, _ in shown),
        rows=collected.rows,
        is_truncated=bool(collected.truncated_by),
        column_types=tuple(type_ for _, type_ in shown),
        truncated_by=collected.truncated_by,
        extra=extra or {},
    )

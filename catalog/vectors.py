"""Search in pgvector columns that have an index (mcp.md 4.6). No Django here."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from psycopg import sql

from audit import event_loop
from catalog import embeddings, execution, filters, snapshot, tables
from catalog.errors import CallFailed, NotVisible
from catalog.execution import Collected, Limits, Result
from catalog.function import Function
from catalog.parameters import Parameters
from catalog.relation import Column, Index, Relation
from catalog.selection import TABLE
from catalog.session import Connection
from catalog.snapshot import Caller, Header
from catalog.tables import Table

MOST: Final = 100  # results
DEFAULT: Final = 5
_ITERATIVE_SINCE: Final = (0, 8)  # release of pgvector
_FLOAT8: Final = ("pg_catalog", "float8")
_INT8: Final = ("pg_catalog", "int8")


@dataclass(frozen=True, slots=True)
class Metric:
    """How a class of operators measures, and the score that callers see: higher is better."""

    name: str
    operator: sql.SQL
    score: sql.SQL


_BY_OPCLASS: Final[Mapping[str, Metric]] = MappingProxyType(
    {
        "cosine_ops": Metric("cosine similarity", sql.SQL("<=>"), sql.SQL("1 - distance")),
        "l2_ops": Metric("1 / (1 + Euclidean distance)", sql.SQL("<->"), sql.SQL("1 / (1 + distance)")),
        "l1_ops": Metric("1 / (1 + taxicab distance)", sql.SQL("<+>"), sql.SQL("1 / (1 + distance)")),
        "ip_ops": Metric("inner product", sql.SQL("<#>"), sql.SQL("-distance")),  # pgvector gives it negative
    }
)


@dataclass(frozen=True, slots=True)
class Search:
    """One index over one column of vectors, of a table that the caller may read."""

    table: Table
    index: Index
    column: Column = field(compare=False)
    metric: Metric = field(compare=False)
    dimensions: int = field(compare=False)
    embedding: Function | None = None  # makes the vector of a text, for those who may execute it

    @property
    def relation(self) -> Relation:
        """Return the table."""
        return self.table.relation

    @property
    def is_iterative(self) -> bool:
        """Tell whether an index scan goes on until enough rows fit the filters."""
        release = tuple(int(part) for part in self.index.version.split(".")[:2] if part.isdigit())
        return release >= _ITERATIVE_SINCE


async def visible(catalog: str, schema: str, caller: Caller, *, index: str | None = None) -> tuple[Search, ...]:
    """Return what the caller may search in a schema, or by one index. Raise NotVisible when there is nothing."""
    return await event_loop.on_owner(_visible(catalog, schema, caller, index))


async def find(
    search: Search, arguments: Mapping[str, Any], *, within: Mapping[str, Any], caller: Caller, limits: Limits
) -> Result:
    """Return the rows whose vectors are nearest, best first, with `score` as the last column.

    `within` are filters beside those of the arguments. Raise CallFailed or NotVisible.
    """
    return await event_loop.on_owner(_find(search, arguments, within, caller, limits))


def shown(search: Search) -> list[str]:
    """Return the columns of results when the caller names none: all but the vector."""
    return [column.name for column in search.relation.columns if column is not search.column]


async def _visible(catalog: str, schema: str, caller: Caller, index: str | None) -> tuple[Search, ...]:
    header = await snapshot.header(catalog)
    found = [
        await _search(table, each, header, caller)
        for table in await tables.visible(catalog, schema, caller)
        for each in table.relation.indexes
        if index in {None, each.name}
    ]
    named = tuple(search for search in found if search)
    if not named:
        raise NotVisible
    return named


async def _search(table: Table, index: Index, header: Header, caller: Caller) -> Search | None:
    column = table.relation.vectors(index.name)
    metric = _BY_OPCLASS.get(index.opclass.partition("_")[2])
    if not (column and metric and index.dimensions):
        return None
    embedding = await embeddings.offered(header, table.relation, index.name, caller)
    return Search(table, index, column, metric, index.dimensions, embedding)


async def _find(
    search: Search, arguments: Mapping[str, Any], within: Mapping[str, Any], caller: Caller, limits: Limits
) -> Result:
    relation, started = search.relation, time.monotonic()
    vector = await _vector(search, arguments, caller, limits)
    columns = [filters.known(relation, name) for name in arguments.get("columns") or shown(search)]

    def build(parameters: Parameters, limit: int) -> bytes:
        return _statement(search, columns, (arguments.get("filters", {}), within), vector, arguments, limit, parameters)

    rows = min(arguments.get("num_results", DEFAULT), limits.rows or MOST)
    work = _iteratively(search) if search.is_iterative else execution.read
    left = limits.timeout_ms and max(1, limits.timeout_ms - round(1000 * (time.monotonic() - started)))
    collected = await tables.run([relation], build, caller, replace(limits, rows=rows, timeout_ms=left), work)
    named = [*((column.name, column.type) for column in columns), ("score", "double precision")]
    return tables.result(named, collected)


async def _vector(search: Search, arguments: Mapping[str, Any], caller: Caller, limits: Limits) -> Sequence[float]:
    """Return the vector that was given, or that of the text: made first, once, so that the index serves both alike."""
    offered = {"query_vector", "query"} if search.embedding else {"query_vector"}
    if len(offered & arguments.keys()) != 1:
        told = "exactly one of query_vector and query" if search.embedding else "query_vector"
        raise CallFailed("INVALID_ARGUMENT", f"Give {told}.")
    if search.embedding is None or "query_vector" in arguments:
        vector: Sequence[float] = arguments["query_vector"]
        return vector
    return await embeddings.vector_of(
        arguments["query"], search.embedding, search.dimensions, caller=caller, timeout_ms=limits.timeout_ms
    )


def _statement(
    search: Search,
    columns: Sequence[Column],
    filtering: Iterable[Mapping[str, Any]],
    vector: Sequence[float],
    arguments: Mapping[str, Any],
    limit: int,
    parameters: Parameters,
) -> bytes:
    """Order inside by what the index orders by, and by that alone; score and threshold stand outside."""
    distance = _distance(search, vector, parameters)
    conditions = [
        condition for each in filtering for condition in filters.conditions(search.relation, each, TABLE, parameters)
    ]
    nearest = sql.SQL("SELECT {}, {} AS distance FROM {} AS {}{} ORDER BY {} LIMIT {}").format(
        sql.SQL(", ").join(
            sql.SQL("{}.{} AS {}").format(TABLE, sql.Identifier(column.name), _numbered(number))
            for number, column in enumerate(columns)
        ),
        distance,
        parameters.rows_of(search.relation),
        TABLE,
        sql.SQL(" WHERE {}").format(sql.SQL(" AND ").join(conditions)) if conditions else sql.SQL(""),
        distance,
        parameters.bind(str(limit), _INT8),
    )
    return (
        sql.SQL("SELECT {}, {} FROM ({}) AS nearest{} ORDER BY distance")
        .format(
            sql.SQL(", ").join(map(_numbered, range(len(columns)))),
            search.metric.score,
            nearest,
            _threshold(search, arguments.get("score_threshold"), parameters),
        )
        .as_bytes()
    )


def _distance(search: Search, vector: Iterable[float], parameters: Parameters) -> sql.Composed:
    """The operator stands where its type stands: in the schema of the extension."""
    written = "[" + ",".join(repr(float(number)) for number in vector) + "]"
    return sql.SQL("{}.{} OPERATOR({}.{}) {}").format(
        TABLE,
        sql.Identifier(search.column.name),
        sql.Identifier(search.column.compared_as[0]),
        search.metric.operator,
        parameters.bind(written, search.column.compared_as),
    )


def _threshold(search: Search, lowest: float | None, parameters: Parameters) -> sql.Composable:
    if lowest is None:
        return sql.SQL("")
    return sql.SQL(" WHERE {} >= {}").format(search.metric.score, parameters.bind(repr(float(lowest)), _FLOAT8))


def _numbered(number: int) -> sql.Identifier:
    return sql.Identifier(f"c{number}")


def _iteratively(search: Search) -> tables.Work:
    """The lane resets the setting when it takes the connection back."""

    async def work(connection: Connection, statement: bytes, values: list[str | None], into: Collected) -> Collected:
        await connection.execute(f"SET {search.index.method}.iterative_scan = relaxed_order".encode(), prepare=False)
        return await execution.read(connection, statement, values, into)

    return work

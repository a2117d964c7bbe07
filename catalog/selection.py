"""The statements of table tools. Identifiers come from the introspected copy, values are bound. sql-safety.md 2, layer 1."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql

from catalog.ordering import Term
from catalog.parameters import Parameters
from catalog.relation import Column, Relation

TABLE = sql.Identifier("t")


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: the columns that hold it and the table that it leads to."""

    name: str  # what callers say
    columns: tuple[str, ...]
    target: Relation
    target_columns: tuple[str, ...]


def of_query(
    relation: Relation,
    columns: Sequence[Column],
    references: Sequence[Reference],
    conditions: Sequence[sql.Composed],
    order: Sequence[Term],
    marks: Sequence[Term],
    limit: sql.Composed,
    parameters: Parameters,
) -> bytes:
    """Return the statement for rows: the columns, those of the referenced rows, and the values of `marks` as text."""
    outputs = [
        *_places(TABLE, columns),
        *(place for number, each in enumerate(references) for place in _places(_alias(number), each.target.columns)),
        *(sql.SQL("{}::pg_catalog.text").format(term.place(TABLE)) for term in marks),
    ]
    parts = [
        sql.SQL("SELECT {}").format(sql.SQL(", ").join(outputs)),
        _from(relation, parameters),
        *(_join(number, each, parameters) for number, each in enumerate(references)),
        *_where(conditions),
        *([sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(term.text(TABLE) for term in order))] if order else []),
        sql.SQL("LIMIT {}").format(limit),
    ]
    return sql.SQL(" ").join(parts).as_bytes()


def of_count(relation: Relation, conditions: Sequence[sql.Composed], parameters: Parameters) -> bytes:
    """Return the statement that counts."""
    return sql.SQL(" ").join([sql.SQL("SELECT count(*)"), _from(relation, parameters), *_where(conditions)]).as_bytes()


def equal(columns: Iterable[Column], values: Iterable[object], parameters: Parameters) -> list[sql.Composed]:
    """Return the conditions that columns have these JSON values."""
    return [
        sql.SQL("{}.{} = {}").format(TABLE, sql.Identifier(column.name), parameters.value(column, value))
        for column, value in zip(columns, values, strict=True)
    ]


def _from(relation: Relation, parameters: Parameters) -> sql.Composed:
    return sql.SQL("FROM {} AS {}").format(parameters.rows_of(relation), TABLE)


def _join(number: int, reference: Reference, parameters: Parameters) -> sql.Composed:
    """A row without its referenced row stays, with nulls."""
    pairs = zip(reference.columns, reference.target_columns, strict=True)
    return sql.SQL("LEFT JOIN {} AS {} ON {}").format(
        parameters.rows_of(reference.target),
        _alias(number),
        sql.SQL(" AND ").join(
            sql.SQL("{}.{} = {}.{}").format(TABLE, sql.Identifier(here), _alias(number), sql.Identifier(there))
            for here, there in pairs
        ),
    )


def _where(conditions: Sequence[sql.Composed]) -> list[sql.Composed]:
    return [sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(conditions))] if conditions else []


def _places(table: sql.Composable, columns: Iterable[Column]) -> list[sql.Composed]:
    return [sql.SQL("{}.{}").format(table, sql.Identifier(column.name)) for column in columns]


def _alias(number: int) -> sql.Identifier:
    return sql.Identifier(f"r{number}")

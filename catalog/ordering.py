"""Total orders over a table, and the rows behind a given one (keyset paging). Nulls stand where PostgreSQL puts them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from catalog.errors import CallFailed
from catalog.filters import known
from catalog.parameters import Parameters
from catalog.relation import Column, Relation


@dataclass(frozen=True, slots=True)
class Term:
    """One column of an order. Ascending has nulls last, descending has them first."""

    column: Column
    descending: bool

    def text(self, table: sql.Composable) -> sql.Composed:
        """Return the term of ORDER BY."""
        return sql.SQL("{} DESC" if self.descending else "{} ASC").format(self.place(table))

    def place(self, table: sql.Composable) -> sql.Composed:
        """Return the column as the statement names it."""
        return sql.SQL("{}.{}").format(table, sql.Identifier(self.column.name))


def completed(relation: Relation, asked: Iterable[Mapping[str, Any]]) -> tuple[Term, ...]:
    """Return the order that was asked for, made total by the key of the table if it has one."""
    terms: dict[str, Term] = {}
    for each in asked:
        term = _term(relation, each)
        terms.setdefault(term.column.name, term)
    descending = next(reversed(terms.values())).descending if terms else False
    for column in key_of(relation):
        terms.setdefault(column.name, Term(column, descending))
    return tuple(terms.values())


def key_of(relation: Relation) -> tuple[Column, ...]:
    """Return the columns of the primary key, or of a unique index without nulls; nothing when rows have no name."""
    for index in relation.indexes:
        columns = [relation.column(name) for name in index.columns] if index.unique else []
        found = [column for column in columns if column and column.operators and not column.nullable]
        if found and len(found) == len(columns):
            return tuple(found)
    return ()


def is_total(relation: Relation) -> bool:
    """Tell whether a completed order gives each row one place."""
    return bool(key_of(relation))


def behind(
    terms: Sequence[Term], values: Sequence[str | None], table: sql.Composable, parameters: Parameters
) -> sql.Composed:
    """Return the condition for the rows that come after the one with these values, as PostgreSQL writes them."""
    if len({term.descending for term in terms}) == 1 and not any(term.column.nullable for term in terms):
        return _row_comparison(terms, values, table, parameters)
    steps = []
    for number in range(len(terms)):
        pairs = list(zip(terms, values, strict=True))[: number + 1]
        same = [_same(term, value, table, parameters) for term, value in pairs[:-1]]
        steps.append(sql.SQL("({})").format(sql.SQL(" AND ").join([*same, _after(*pairs[-1], table, parameters)])))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(steps))


def _term(relation: Relation, asked: Mapping[str, Any]) -> Term:
    column = known(relation, asked["column"])
    if not column.operators:
        raise CallFailed("INVALID_ARGUMENT", f"Rows cannot be ordered by {column.name!r}.")
    return Term(column, asked.get("direction") == "desc")


def _row_comparison(
    terms: Sequence[Term], values: Sequence[str | None], table: sql.Composable, parameters: Parameters
) -> sql.Composed:
    """The form that an index over the columns answers at once."""
    places = sql.SQL(", ").join(term.place(table) for term in terms)
    bound = [parameters.bind(value, term.column.compared_as) for term, value in zip(terms, values, strict=True)]
    form = "ROW({}) < ROW({})" if terms[0].descending else "ROW({}) > ROW({})"
    return sql.SQL(form).format(places, sql.SQL(", ").join(bound))


def _same(term: Term, value: str | None, table: sql.Composable, parameters: Parameters) -> sql.Composed:
    if value is None:
        return sql.SQL("{} IS NULL").format(term.place(table))
    return sql.SQL("{} = {}").format(term.place(table), parameters.bind(value, term.column.compared_as))


def _after(term: Term, value: str | None, table: sql.Composable, parameters: Parameters) -> sql.Composed:
    place = term.place(table)
    if value is None:  # ascending: nulls are last; descending: they are first
        return sql.SQL("{} IS NOT NULL").format(place) if term.descending else sql.Composed([sql.SQL("false")])
    bound = parameters.bind(value, term.column.compared_as)
    if term.descending:
        return sql.SQL("{} < {}").format(place, bound)
    return sql.SQL("({} > {} OR {} IS NULL)" if term.column.nullable else "{} > {}").format(
        *([place, bound, place] if term.column.nullable else [place, bound])
    )

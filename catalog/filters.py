"""Filters of table tools (mcp.md 4.4): operators are fixed fragments, columns are looked up, values are bound."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from psycopg import sql

from catalog.errors import CallFailed
from catalog.parameters import Parameters
from catalog.relation import Column, Relation

MAX_LISTED: Final = 1_000  # values of `in`

_FRAGMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "eq": "{column} = {value}",
        "ne": "{column} <> {value}",
        "lt": "{column} < {value}",
        "lte": "{column} <= {value}",
        "gt": "{column} > {value}",
        "gte": "{column} >= {value}",
        "in": "{column} = ANY ({value})",
        "like": "{column} LIKE {value}",
        "ilike": "{column} ILIKE {value}",
        "contains": "{column} @> {value}",
    }
)
_OF_TEXT: Final = frozenset({"like", "ilike"})
_TEXT: Final = ("pg_catalog", "text")


def conditions(
    relation: Relation, filters: Mapping[str, Any], table: sql.Composable, parameters: Parameters
) -> list[sql.Composed]:
    """Return one condition for each comparison; all of them must hold. An unknown column or operator is refused."""
    return [
        _condition(column, name, value, table, parameters)
        for column, given in ((known(relation, name), given) for name, given in filters.items())
        for name, value in _comparisons(column, given)
    ]


def known(relation: Relation, name: str) -> Column:
    """Return the column, or refuse a name that is none."""
    column = relation.column(name)
    if column is None:
        raise CallFailed("UNKNOWN_COLUMN", f"There is no column {name!r}.")
    return column


def _comparisons(column: Column, given: Any) -> Iterator[tuple[str, Any]]:
    """A bare value means equality. An object lists operators: no bare value is one, see `schema`."""
    yield from given.items() if isinstance(given, dict) else [("eq", given)]


def _condition(column: Column, name: str, value: Any, table: sql.Composable, parameters: Parameters) -> sql.Composed:
    place = sql.SQL("{}.{}").format(table, sql.Identifier(column.name))
    if name == "is_null":
        return sql.SQL("{} IS NULL" if value else "{} IS NOT NULL").format(place)
    if name not in column.operators:
        raise CallFailed("UNKNOWN_OPERATOR", f"{column.name!r} cannot be compared by {name!r}.")
    if name in _OF_TEXT:
        bound = parameters.bind(value, _TEXT)
    elif name == "in":
        bound = parameters.values_of(column, value)
    else:
        bound = parameters.value(column, value)
    return sql.SQL(_FRAGMENTS[name]).format(column=place, value=bound)


def schema(columns: Sequence[Column]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON Schema of `filters`, and the definitions that it refers to: one for each type of column."""
    types = _Definitions()
    properties = {column.name: {"$ref": f"#/$defs/{types.of(column)}"} for column in columns}
    described = "Column to a value (equal to it) or to an object of operators. All must hold."
    return {
        "type": "object",
        "description": described,
        "properties": properties,
        "additionalProperties": False,
    }, types.made


class _Definitions:
    """Columns of one type share what may be said about them: a wide table stays small."""

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def of(self, column: Column) -> str:
        """Return the name of the definition for filters on the column."""
        key = column.type if column.operators else ""
        if key not in self._names:
            self._names[key] = self._add(column)
        return self._names[key]

    def _add(self, column: Column) -> str:
        plain = re.sub(r"\W+", "_", column.type, flags=re.ASCII).strip("_") if column.operators else "unsearchable"
        name = plain if plain not in self.made else f"{plain}_{len(self.made)}"
        if not column.operators:
            self.made[name] = _operators({})
            return name
        assert column.input is not None  # noqa: S101 - operators are there for columns that take values
        self.made[name] = column.input.schema
        value = {"$ref": f"#/$defs/{name}"}
        by_operators = _operators({operator: _operand(operator, value) for operator in column.operators})
        # A JSON object could be a value as well as operators, so JSON has no bare values.
        is_json = column.input.codec == "json" and not column.input.is_array
        self.made[f"{name}_filter"] = by_operators if is_json else {"anyOf": [value, by_operators]}
        return f"{name}_filter"


def _operators(of_type: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**of_type, "is_null": {"type": "boolean"}},
        "minProperties": 1,
        "additionalProperties": False,
    }


def _operand(operator: str, value: dict[str, Any]) -> dict[str, Any]:
    if operator in _OF_TEXT:
        return {"type": "string"}
    return {"type": "array", "items": value, "maxItems": MAX_LISTED} if operator == "in" else value

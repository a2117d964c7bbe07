"""The types that columns of a created table may have: fixed fragments, with modifiers that are numbers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from psycopg import sql

from catalog.errors import CallFailed

# By the name that callers give: the name in pg_catalog.
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bigint": "int8",
        "boolean": "bool",
        "bytea": "bytea",
        "char": "bpchar",
        "date": "date",
        "double precision": "float8",
        "inet": "inet",
        "integer": "int4",
        "interval": "interval",
        "json": "json",
        "jsonb": "jsonb",
        "numeric": "numeric",
        "real": "float4",
        "smallint": "int2",
        "text": "text",
        "time": "time",
        "timestamp": "timestamp",
        "timestamptz": "timestamptz",
        "uuid": "uuid",
        "varchar": "varchar",
    }
)
NAMES: Final = tuple(_NAMES)
LONGEST: Final = 10_485_760  # characters of varchar and char
MOST_DIGITS: Final = 1_000
_TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "char": ("length",),
    "varchar": ("length",),
    "numeric": ("precision", "scale"),
}
_MODIFIERS: Final = ("length", "precision", "scale")


def name_of(column: Mapping[str, Any]) -> sql.Composable:
    """Return the type of a column without its modifiers, as a cast names it."""
    name = sql.Identifier("pg_catalog", _NAMES[column["type"]])
    return sql.SQL("{}[]").format(name) if column.get("is_array") else name


def declared(column: Mapping[str, Any]) -> sql.Composable:
    """Return the type of a column as it is declared. Raise CallFailed for modifiers that it does not take."""
    given = {modifier: column[modifier] for modifier in _MODIFIERS if modifier in column}
    fault = _fault(column["type"], given)
    if fault:
        raise CallFailed("INVALID_TYPE", f"The column {column['name']!r}: {fault}")
    name = sql.Identifier("pg_catalog", _NAMES[column["type"]])
    numbers = sql.SQL(", ").join(map(sql.Literal, given.values()))
    whole = sql.SQL("{}({})").format(name, numbers) if given else name
    return sql.SQL("{}[]").format(whole) if column.get("is_array") else whole


def codec(column: Mapping[str, Any]) -> str:
    """Return how a JSON value is written for the type: a word of catalog.literals."""
    return {"json": "json", "jsonb": "json", "bytea": "bytea"}.get(column["type"], "text")


def _fault(type_: str, given: Mapping[str, int]) -> str:
    takes = _TAKES.get(type_, ())
    for modifier in given:
        if modifier not in takes:
            return f"{type_} takes no {modifier}."
    if "scale" in given and "precision" not in given:
        return "scale needs precision."
    if given.get("scale", 0) > given.get("precision", MOST_DIGITS):
        return "scale is at most precision."
    return ""

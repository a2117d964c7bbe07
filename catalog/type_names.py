"""PostgreSQL types as the type words of the compatible API. rest-api.md 5."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from catalog.types import PgType, Types, base_of

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "int2": "SHORT",
        "int4": "INT",
        "int8": "LONG",
        "numeric": "DECIMAL",
        "float4": "FLOAT",
        "float8": "DOUBLE",
        "bool": "BOOLEAN",
        "text": "STRING",
        "varchar": "STRING",
        "uuid": "STRING",
        "inet": "STRING",
        "citext": "STRING",
        "bpchar": "CHAR",
        "char": "CHAR",
        "bytea": "BINARY",
        "date": "DATE",
        "timestamp": "TIMESTAMP_NTZ",
        "timestamptz": "TIMESTAMP",
        "interval": "INTERVAL",
        "json": "VARIANT",
        "jsonb": "VARIANT",
        "record": "STRUCT",
        "geometry": "GEOMETRY",
        "geography": "GEOGRAPHY",
        "void": "NULL",
    }
)
_OF_EXTENSIONS: Final = frozenset({"citext", "geometry", "geography"})  # these stand in any schema
OTHER: Final = "USER_DEFINED_TYPE"
WORDS: Final = frozenset({*_WORDS.values(), "ARRAY", "STRUCT", OTHER})


# The enumeration of result columns is older and shorter than that of tables.
_IN_RESULTS: Final = MappingProxyType({"TIMESTAMP_NTZ": "TIMESTAMP", "VARIANT": "STRING"})
RESULT_WORDS: Final = frozenset({*_WORDS.values(), "ARRAY", OTHER}) - {*_IN_RESULTS, "GEOMETRY", "GEOGRAPHY"}


def word(name: str) -> str:
    """Return the word for the type of a column of a result, by the name that the driver knows."""
    found = "ARRAY" if name.endswith("[]") else _WORDS.get(name, OTHER)
    return _IN_RESULTS.get(found, found)


def type_name(type_: PgType, types: Types) -> str:
    """Return the word of a type. Clients turn a word that they do not know into nothing, so there are no others."""
    base = base_of(type_, types)
    if base.element is not None:
        return "ARRAY"
    if base.kind == "e":
        return "STRING"
    if base.kind == "c":
        return "STRUCT"
    known = base.schema == "pg_catalog" or base.name in _OF_EXTENSIONS
    return _WORDS.get(base.name, OTHER) if known else OTHER

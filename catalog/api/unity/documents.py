"""Catalogs, schemas, tables and functions as the compatible API shows them. rest-api.md 5."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from accounts.api.fields import milliseconds, present
from catalog.models import Catalog, Relation, Routine, Schema
from catalog.names import overload_suffix
from catalog.type_names import OTHER

_TABLE_TYPES: Final = {"r": "FOREIGN", "p": "FOREIGN", "f": "FOREIGN", "v": "VIEW", "m": "MATERIALIZED_VIEW"}
_DATA_ACCESS: Final = {"i": "NO_SQL", "s": "READS_SQL_DATA", "v": "CONTAINS_SQL"}
_VOLATILITY: Final = {"i": "IMMUTABLE", "s": "STABLE", "v": "VOLATILE"}
_IDS: Final = uuid.UUID("6f2f4f0a-6f0b-5c55-9a0e-2f6f3b8f1c77")  # a namespace of our own: RFC 9562 5.5

Document = dict[str, Any]


def catalog(row: Catalog, owners: Mapping[int | None, str]) -> Document:
    """Return a CatalogInfo."""
    names = {"name": row.name, "full_name": row.name, "catalog_type": "FOREIGN_CATALOG", "securable_type": "CATALOG"}
    return names | _details(row, row, present(comment=row.comment or None, owner=owners.get(row.created_by)))


def schema(row: Schema, parent: Catalog) -> Document:
    """Return a SchemaInfo."""
    names = {"name": row.name, "catalog_name": parent.name, "full_name": f"{parent.name}.{row.name}"}
    return names | _details(row, parent, _said(row))


def table(row: Relation, parent: Catalog, *, omit_columns: bool = False) -> Document:
    """Return a TableInfo."""
    names = _below_schema(parent, row.schema_name, row.name)  # type: ignore[attr-defined]  # annotated
    more = {"data_source_format": "POSTGRESQL_FORMAT", "table_id": _id("table", row.pk), **_said(row)}
    if not omit_columns:
        more["columns"] = [_column(column, position) for position, column in enumerate(row.columns)]
    return names | {"table_type": table_type(row)} | _details(row, parent, more)


def table_type(row: Relation) -> str:
    """Return the kind of a table in the words of the compatible API."""
    return _TABLE_TYPES[row.kind]


def function(row: Routine, parent: Catalog) -> Document:
    """Return a FunctionInfo. Only an overloaded name carries the suffix; specific_name always does."""
    specific_name = row.name + overload_suffix(row.signature)
    name = specific_name if row.is_overloaded else row.name  # type: ignore[attr-defined]  # annotated
    names = _below_schema(parent, row.schema_name, name)  # type: ignore[attr-defined]  # annotated
    is_sql = row.language == "sql"
    return names | _details(
        row,
        parent,
        {
            "function_id": _id("function", row.pk),
            "specific_name": specific_name,
            "input_params": {"parameters": [_argument(one, place) for place, one in enumerate(row.arguments)]},
            **_result(row.returns),
            "routine_body": "SQL" if is_sql else "EXTERNAL",
            **present(
                external_language=None if is_sql else row.language,
                security_type="DEFINER" if row.runs_as_owner else None,
            ),
            "sql_data_access": _DATA_ACCESS[row.volatility],
            "is_deterministic": row.volatility == "i",
            "is_null_call": row.strict,
            "parameter_style": "S",
            "properties": _properties(row),
            **_said(row),
        },
    )


def _details(row: Any, parent: Catalog, more: Document) -> Document:
    """Return what goes beyond the name, which is all that an auditor without a privilege sees."""
    if not row.is_whole:
        return {}
    read_at: datetime = parent.refreshed_at or parent.created_at
    return more | {"created_at": milliseconds(parent.created_at), "updated_at": milliseconds(read_at)}


def _below_schema(parent: Catalog, schema_name: str, name: str) -> Document:
    full_name = f"{parent.name}.{schema_name}.{name}"
    return {"name": name, "catalog_name": parent.name, "schema_name": schema_name, "full_name": full_name}


def _said(row: Schema | Relation | Routine) -> Document:
    return present(comment=row.comment or None, owner=row.owner or None)


def _id(kind: str, key: int) -> str:
    return str(uuid.uuid5(_IDS, f"{kind}/{key}"))


def _typed(described: Mapping[str, Any], name: str, position: int) -> Document:
    type_name = described.get("type_name", OTHER)
    return {"name": name, "type_text": described["type"], "type_name": type_name, "position": position}


def _column(column: Mapping[str, Any], position: int) -> Document:
    told = present(comment=column.get("comment"))
    return {**_typed(column, column["name"], position), "nullable": column["nullable"], **told}


def _argument(argument: Mapping[str, Any], position: int) -> Document:
    default = present(parameter_default=argument.get("default"))
    return {
        **_typed(argument, argument["shown"], position),
        "parameter_mode": "IN",
        "parameter_type": "PARAM",
        **default,
    }


def _result(returns: Mapping[str, Any]) -> Document:
    if not returns["set"]:
        return {"data_type": returns.get("type_name", OTHER), "full_data_type": returns["type"]}
    columns = returns["columns"] or [{**returns, "name": "output"}]
    listed = ", ".join(f"{column['name']} {column['type']}" for column in columns)
    parameters = [
        {**_typed(column, column["name"], position), "parameter_type": "COLUMN"}
        for position, column in enumerate(columns)
    ]
    return {
        "data_type": "TABLE_TYPE",
        "full_data_type": f"TABLE({listed})",
        "return_params": {"parameters": parameters},
    }


def _properties(row: Routine) -> str:
    told = {
        "volatility": _VOLATILITY[row.volatility],
        "strict": row.strict,
        "returns_set": row.returns["set"],
        "writes": row.writes,
    }
    return orjson.dumps(told).decode()

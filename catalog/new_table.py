"""A table that a caller wants, and the statements that make it. No caller's text is SQL: sql-safety.md 2, layer 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from catalog import column_types
from catalog.errors import CallFailed
from catalog.literals import Unwritable, written

MOST_COLUMNS: Final = 100
_NAME_BYTES: Final = 63
Column = Mapping[str, Any]  # name and type; perhaps length, precision, scale, is_array, nullable, default


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table by typed values. `columns` have the form that the tool's input schema says.

    No comments: they become descriptions of tools, and one caller's assistant must not write what another's reads there.
    """

    catalog: str
    schema: str
    name: str
    columns: Sequence[Column]
    primary_key: Sequence[str] = ()


def statements(table: NewTable, grantee: str) -> list[sql.Composed]:
    """Return what to run, in order: create, and open the table to the catalog's login role.

    Raise CallFailed for a name, type or value that cannot be.
    """
    _check_names(table)
    where = sql.Identifier(table.schema, table.name)
    grant = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {} TO {}").format(where, sql.Identifier(grantee))
    return [_create(table, where), grant]


def _create(table: NewTable, where: sql.Identifier) -> sql.Composed:
    parts: list[sql.Composable] = [_column(column) for column in table.columns]
    if table.primary_key:
        key = sql.SQL(", ").join(map(sql.Identifier, table.primary_key))
        parts.append(sql.SQL("PRIMARY KEY ({})").format(key))
    return sql.SQL("CREATE TABLE {} ({})").format(where, sql.SQL(", ").join(parts))


def _column(column: Column) -> sql.Composed:
    return sql.SQL("{}{}{}").format(
        sql.SQL("{} {}").format(sql.Identifier(column["name"]), column_types.declared(column)),
        sql.SQL("") if column.get("nullable", True) else sql.SQL(" NOT NULL"),
        _default(column),
    )


def _default(column: Column) -> sql.Composable:
    """A default is a value, never an expression."""
    if column.get("default") is None:
        return sql.SQL("")
    text = _written(column, column["default"], column_types.codec(column), is_array=column.get("is_array", False))
    return sql.SQL(" DEFAULT {}::{}").format(sql.Literal(text), column_types.name_of(column))


def _written(column: Column, value: Any, codec: str, *, is_array: bool) -> str:
    try:
        text = written(value, codec, is_array=is_array)
    except Unwritable as error:
        raise CallFailed("INVALID_ARGUMENT", f"{column['name']}: {error}") from None
    return text or ""


def _check_names(table: NewTable) -> None:
    names = [column["name"] for column in table.columns]
    for name in (table.name, *names):
        _check_name(name)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CallFailed("INVALID_NAME", f"Two columns are named {twice!r}.")
    for name in table.primary_key:
        if name not in names:
            raise CallFailed("UNKNOWN_COLUMN", f"The primary key names {name!r}, which is no column of this table.")


def _check_name(name: str) -> None:
    """Quoting would bear any name. Those who write SQL by hand would not, and neither would other tools."""
    if not name.isidentifier() or len(name.encode()) > _NAME_BYTES:
        message = (
            f"{name!r} cannot be a name here. Use up to {_NAME_BYTES} bytes of letters, digits and _, no digit first."
        )
        raise CallFailed("INVALID_NAME", message)

"""Values of statements: bound, never written into the text. And tables, as far as the caller may see their rows."""

from collections.abc import Mapping
from typing import Any, Final

from psycopg import sql

from catalog.errors import CallFailed
from catalog.literals import Unwritable, written
from catalog.relation import Column, Relation
from catalog.restriction import Restriction, restricted

_TEXT: Final = ("pg_catalog", "text")


class Placeholder(sql.Composable):
    """$n of the raw cursors: a percent sign in an identifier means nothing to them."""

    def __init__(self, number: int) -> None:
        super().__init__(number)

    def as_bytes(self, context: Any = None) -> bytes:
        """Return the placeholder."""
        return b"$%d" % self._obj


class Parameters:
    """What to bind, numbered in the order in which the statement is written."""

    def __init__(self, restrictions: Mapping[Relation, Restriction] | None = None) -> None:
        self.values: list[str | None] = []
        self._restrictions = restrictions or {}

    def rows_of(self, relation: Relation) -> sql.Composable:
        """Return what to select from: the table, or what its masks and row filters leave for the caller."""
        table = sql.Identifier(relation.schema, relation.name)
        restriction = self._restrictions.get(relation)
        if restriction is None:
            return table
        shown = [(column.name, column.type) for column in relation.columns]
        return restricted(table, shown, restriction, self.text)

    def text(self, text: str) -> sql.Composed:
        """Bind a text."""
        return self.bind(text, _TEXT)

    def bind(self, text: str | None, type_: tuple[str, str]) -> sql.Composed:
        """Bind a value that is written as PostgreSQL reads it, and return its place with the cast."""
        self.values.append(text)
        return sql.SQL("{}::{}").format(Placeholder(len(self.values)), sql.Identifier(*type_))

    def value(self, column: Column, value: Any) -> sql.Composed:
        """Bind a JSON value that is compared with a column."""
        assert column.input is not None  # noqa: S101 - nothing is compared with a column that takes no values
        return self.bind(_text(column, value, is_array=column.input.is_array), column.compared_as)

    def values_of(self, column: Column, values: list[Any]) -> sql.Composed:
        """Bind a list of JSON values as one array."""
        return sql.SQL("{}[]").format(self.bind(_text(column, values, is_array=True), column.compared_as))


def _text(column: Column, value: Any, *, is_array: bool) -> str | None:
    assert column.input is not None  # noqa: S101 - see above
    try:
        return written(value, column.input.codec, is_array=is_array)
    except Unwritable as error:
        raise CallFailed("INVALID_ARGUMENT", f"The value for {column.name!r}: {error}") from None

"""Queries of hot paths, compiled once: Django spends several times longer on making such SQL than on running it."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators

from audit import prepared

Row = TypeVar("Row", bound=models.Model)


class Parameter(Expression):
    """A place in a compiled query that each call fills in, already in a form that psycopg takes."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Stand among the parameters of the compiled query."""
        return "%s", [self]


class Compiled(Generic[Row]):
    """A query of whole rows, `select_related` included. Compiled at its first use."""

    def __init__(self, rows: models.QuerySet[Row]) -> None:
        self._rows = rows
        self._plan: _Plan | None = None

    def first(self, **values: Any) -> Row | None:
        """Return one row, or None."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def all(self, **values: Any) -> list[Row]:
        """Return the rows, where each Parameter has the value of that name."""
        if self._plan is None:
            self._plan = _Plan(self._rows)
        return list(self._plan.run(values))


class _Plan:
    """What Django's ModelIterable works out anew for each query."""

    def __init__(self, rows: models.QuerySet[Any]) -> None:
        compiler = self._compiler = rows.query.get_compiler(rows.db)
        self._sql, self._parameters = compiler.as_sql()
        columns, info = compiler.select, compiler.klass_info
        self._model, fields = info["model"], info["select_fields"]
        self._own = slice(fields[0], fields[-1] + 1)
        self._names = [column[0].target.attname for column in columns[self._own]]
        self._related = get_related_populators(info, columns, rows.db)  # type: ignore[call-arg]  # stubs of Django 6
        self._converters = compiler.get_converters([column[0] for column in columns])
        self._db = rows.db

    def run(self, values: dict[str, Any]) -> Iterator[Any]:
        """Run the query on the connection of this thread."""
        given = [values[item.name] if isinstance(item, Parameter) else item for item in self._parameters]
        found = prepared.execute(self._sql, given)
        for row in self._compiler.apply_converters(found, self._converters) if self._converters else found:
            made = self._model.from_db(self._db, self._names, row[self._own])
            for populator in self._related:
                populator.populate(row, made)
            yield made


def insertion(made: models.Model) -> prepared.Statement:
    """Return the statement that inserts a new row, whose key the database makes and the statement returns."""
    fields = [field for field in made._meta.local_concrete_fields if not field.primary_key]
    given = {field.column: field.get_db_prep_save(field.pre_save(made, add=True), connection) for field in fields}
    given = {column: value for column, value in given.items() if value is not None}
    return _insertion(type(made), tuple(given)), list(given.values())


@cache
def _insertion(model: type[models.Model], columns: tuple[str, ...]) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    places = ", ".join(["%s"] * len(columns))
    return f'INSERT INTO "{table}" ({", ".join(columns)}) VALUES ({places}) RETURNING "{key}"'  # noqa: S608

"""From the words of a URL to what a privilege is on, as far as the caller may see it."""

from collections.abc import Callable
from typing import Final

from accounts.errors import Invalid
from catalog.api.unity.lookup import TableNotFound, catalog_of, relation_of, routine_of, schema_of
from catalog.privileges import Securable
from catalog.visibility import Sight


def _catalog(sight: Sight, name: str) -> Securable:
    return Securable(catalog_of(sight, name))


def _schema(sight: Sight, name: str) -> Securable:
    schema = schema_of(sight, name)
    return Securable(schema.catalog, "schema", schema.name)


def _table(sight: Sight, name: str) -> Securable:
    row = relation_of(sight, name)
    return Securable(row.schema.catalog, "table", row.schema.name, row.name, runs_as_owner=row.runs_as_owner)


def _function(sight: Sight, name: str) -> Securable:
    row = routine_of(sight, name)
    return Securable(row.schema.catalog, "function", row.schema.name, row.name, row.signature, row.runs_as_owner)


_FINDERS: Final[dict[str, Callable[[Sight, str], Securable]]] = {
    "catalog": _catalog,
    "schema": _schema,
    "table": _table,
    "function": _function,
}


def of_type(sight: Sight, securable_type: str, full_name: str) -> Securable:
    """Return what a type (in any case) and a full name say."""
    find = _FINDERS.get(securable_type.lower())
    if find is None:
        told = f"{securable_type!r} cannot be granted on. Use {', '.join(_FINDERS)}."
        raise Invalid({"securable_type": [told]})
    return find(sight, full_name)


def named(sight: Sight, full_name: str) -> Securable:
    """Return what a full name alone says: a catalog, a schema, or a table or else a function."""
    dots = full_name.count(".")
    if dots < 2:
        return of_type(sight, "schema" if dots else "catalog", full_name)
    try:
        return _table(sight, full_name)
    except TableNotFound:
        pass
    return _function(sight, full_name)

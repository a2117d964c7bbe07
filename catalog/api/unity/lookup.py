"""Finding what a full_name names. What is not visible is 404, the same as what does not exist."""

from rest_framework.request import Request

from accounts.api.attribution import holder_of
from accounts.api.fields import parameter
from accounts.errors import Invalid, NotFound
from catalog.models import Catalog, Relation, Routine, Schema
from catalog.names import overload_suffix
from catalog.visibility import Sight

_SUFFIX_LENGTH = len(overload_suffix(""))


class CatalogNotFound(NotFound):
    """No such catalog."""

    code = "CATALOG_DOES_NOT_EXIST"


class SchemaNotFound(NotFound):
    """No such schema."""

    code = "SCHEMA_DOES_NOT_EXIST"


class TableNotFound(NotFound):
    """No such table or view."""

    code = "TABLE_DOES_NOT_EXIST"


class FunctionNotFound(NotFound):
    """No such function."""

    code = "FUNCTION_DOES_NOT_EXIST"


def sight_of(request: Request) -> Sight:
    """Return what the caller may look at."""
    grant = holder_of(request)
    who = grant.principal
    return Sight(who.id, who.is_account_admin, who.is_auditor, grant.narrowing.catalogs)


def required(request: Request, name: str) -> str:
    """Return a query parameter that must be there."""
    if text := parameter(request, name):
        return text
    raise Invalid({name: [f"Send ?{name}=..."]})


def catalog_of(sight: Sight, name: str) -> Catalog:
    """Return the catalog of that name."""
    found = sight.see_catalogs().filter(name=_clean(name)).first()
    if found is None:
        raise CatalogNotFound(f"There is no catalog {name!r}, or you hold no privilege in it.")
    return found


def schema_of(sight: Sight, full_name: str) -> Schema:
    """Return the schema that `catalog.schema` names."""
    catalog_name, _, name = full_name.partition(".")
    catalog = sight.see_catalogs().filter(name=_clean(catalog_name)).first()
    found = catalog and sight.see_schemas(catalog).filter(name=_clean(name)).select_related("catalog").first()
    if not found:
        raise SchemaNotFound(f"There is no schema {full_name!r}, or you hold no privilege in it.")
    return found


def relation_of(sight: Sight, full_name: str) -> Relation:
    """Return the table or view that `catalog.schema.table` names."""
    catalog, schema, name = _three(sight, full_name)
    found = (
        sight.see_relations(catalog).filter(schema__name=schema, name=name).select_related("schema__catalog").first()
        if catalog
        else None
    )
    if found is None:
        raise TableNotFound(f"There is no table {full_name!r}, or you hold no privilege on it.")
    return found


def routine_of(sight: Sight, full_name: str) -> Routine:
    """Return the function that `catalog.schema.function` names; one overload has a suffix, with which it is found."""
    catalog, schema, name = _three(sight, full_name)
    told = f"There is no function {full_name!r}, or you hold no privilege on it."
    if catalog is None:
        raise FunctionNotFound(told)
    seen = sight.see_routines(catalog).filter(schema__name=schema).select_related("schema__catalog")
    same = list(seen.filter(name=name).order_by("signature"))
    if same and not same[0].is_overloaded:  # type: ignore[attr-defined]  # annotated
        return same[0]
    for routine in seen.filter(name=name[:-_SUFFIX_LENGTH]):
        if name == routine.name + overload_suffix(routine.signature):
            return routine
    candidates = [f"{full_name}{overload_suffix(routine.signature)} ({routine.signature})" for routine in same]
    raise FunctionNotFound(f"{full_name!r} is overloaded. Name one of: {', '.join(candidates)}." if same else told)


def _three(sight: Sight, full_name: str) -> tuple[Catalog | None, str, str]:
    """Split a full name; without a catalog of that name there is nothing below it."""
    catalog, _, rest = _clean(full_name).partition(".")
    schema, _, name = rest.partition(".")
    return sight.see_catalogs().filter(name=catalog).first(), schema, name


def _clean(name: str) -> str:
    return name.replace("\0", "")  # PostgreSQL has no such character, and no name holds a control character here

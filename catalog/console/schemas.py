"""One schema: its tables and functions, and the mark of functions that write."""

from collections.abc import Iterable
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.console.by import by_of
from audit.console.access import Role, SignedInRequest, open_to
from catalog import privileges
from catalog.console.seen import catalog_of, may_change, sight_of
from catalog.models import Catalog, DocumentSearch, EmbeddingFunction, Relation, Schema
from catalog.relation import VECTOR_METHODS

_MOST: Final = 500  # objects of a kind on the page


@open_to(Role.MEMBER)
def show(request: SignedInRequest, name: str, schema: str) -> HttpResponse:
    """Show the tables, views and functions that the person may see."""
    catalog = catalog_of(request, name)
    found, sight = _schema_of(request, catalog, schema), sight_of(request)
    tables = sight.see_relations(catalog).filter(schema=found).order_by("name")
    functions = sight.see_routines(catalog).filter(schema=found).order_by("name", "signature")
    searched = {row.table: row for row in DocumentSearch.objects.filter(catalog=catalog, schema=found.name)}
    context = {
        "catalog": catalog,
        "schema": found,
        "tables": [(table, searched.get(table.name)) for table in tables[:_MOST]],
        "functions": functions[:_MOST],
        "table_count": tables.count(),
        "function_count": functions.count(),
        "may_change": may_change(request),
        "vector_indexes": _vector_indexes(catalog, found, tables[:_MOST]) if may_change(request) else [],
    }
    return render(request, "catalog/schema.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@require_POST
def mark(request: SignedInRequest, name: str, schema: str) -> HttpResponse:
    """Say that a function writes, or that it only reads."""
    given = {field: request.POST.get(field, "").replace("\0", "") for field in ("function", "signature", "writes")}
    found = privileges.routine(catalog_of(request, name), schema, given["function"], given["signature"])
    writes = given["writes"] == "yes"
    privileges.mark_writing(found, writes, by=by_of(request))
    said = _("“%(name)s” is marked as writing.") if writes else _("“%(name)s” only reads.")
    messages.success(request, said % {"name": found.name})
    return redirect("console-schema", name, schema)


def _vector_indexes(
    catalog: Catalog, schema: Schema, tables: Iterable[Relation]
) -> list[tuple[str, str, EmbeddingFunction | None]]:
    """Return index, table, and the function that makes vectors of texts for it."""
    chosen = {row.index: row for row in EmbeddingFunction.objects.filter(catalog=catalog, schema=schema.name)}
    return [
        (each["name"], table.name, chosen.get(each["name"]))
        for table in tables
        for each in table.indexes
        if each["method"] in VECTOR_METHODS
    ]


def _schema_of(request: SignedInRequest, catalog: Catalog, name: str) -> Schema:
    found = sight_of(request).see_schemas(catalog).filter(name=name.replace("\0", "")).first()
    if found is None:
        raise Http404
    return found

"""Which function makes the vectors of an index: an administrative choice, audited, felt by every process at once."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from audit import record
from audit.event import By, Event
from catalog import embeddings, function, relation
from catalog.embeddings import Unfit
from catalog.function import Function
from catalog.models import Catalog, EmbeddingFunction, Routine
from catalog.models import Relation as Stored
from catalog.relation import Column, Relation


def put(catalog: Catalog, schema: str, index: str, named: tuple[str, str], *, by: By) -> EmbeddingFunction:
    """Let this function, by schema and name, make the vectors. Raise NotFound without such an index, or Invalid."""
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        table = _table(catalog, schema, index)
        if table is None:
            raise NotFound(f"There is no index {index!r} in {catalog.name}.{schema}.")
        field, fault = _fault(catalog, index, table.vectors(index), named)
        if fault:
            raise Invalid({field: [fault]})
        row = EmbeddingFunction.objects.filter(catalog=catalog, schema=schema, index=index).first()
        before = _told(row) if row else None
        row = row or EmbeddingFunction(catalog=catalog, schema=schema, index=index)
        row.function_schema, row.function = named
        row.updated_at, row.updated_by = timezone.now(), by.principal_id
        row.save()
        _record("embedding_function.set", catalog, row, by, {"before": before, "after": _told(row)})
    return row


def remove(catalog: Catalog, schema: str, index: str, *, by: By) -> None:
    """Forget the function of an index. Raise NotFound when there is none."""
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        row = find(catalog, schema, index)
        row.delete()
        _record("embedding_function.remove", catalog, row, by, {"before": _told(row), "after": None})


def find(catalog: Catalog, schema: str, index: str) -> EmbeddingFunction:
    """Return the choice for an index. Raise NotFound when there is none."""
    found = EmbeddingFunction.objects.filter(catalog=catalog, schema=schema, index=index).first()
    if found is None:
        raise NotFound(f"No embedding function is set for {catalog.name}.{schema}.{index}.")
    return found


def not_offered_because(row: EmbeddingFunction) -> str:
    """Say why nobody is offered the function now. Empty: it is offered."""
    table = _table(row.catalog, row.schema, row.index)
    column = table.vectors(row.index) if table else None
    return _fault(row.catalog, row.index, column, (row.function_schema, row.function))[1]


def choosable(catalog: Catalog, schema: str, index: str) -> list[tuple[str, str]]:
    """Return the functions, by schema and name, that can be chosen for a vector index. Raise NotFound without such one."""
    table = _table(catalog, schema, index)
    column = table.vectors(index) if table else None
    if column is None:
        raise NotFound(f"There is no vector index {index!r} in {catalog.name}.{schema}.")
    returning = Routine.objects.filter(schema__catalog=catalog, returns__type=embeddings.type_of(column))
    named = returning.order_by("schema__name", "name").values_list("schema__name", "name").distinct()
    return [each for each in named if not _fault(catalog, index, column, each)[1]]


def _fault(catalog: Catalog, index: str, column: Column | None, named: tuple[str, str]) -> tuple[str, str]:
    """Say why the function makes no vectors of the index's column, with the field. Empty: it does."""
    if column is None:
        return "index", f"{index!r} is no vector index of a table."
    try:
        embeddings.fitting(_functions(catalog, named), named[1], column)
    except Unfit as unfit:
        return "function", str(unfit)
    return "", ""


def _table(catalog: Catalog, schema: str, index: str) -> Relation | None:
    known = Stored.objects.filter(schema__catalog=catalog, schema__name=schema)
    stored = known.filter(indexes__contains=[{"name": index}]).first()
    if stored is None:
        return None
    row = vars(stored) | {"has_changed": False, "documents": None, "embeddings": None}
    [made] = relation.from_rows(catalog.name, catalog.pk, schema, [row])
    return made


def _functions(catalog: Catalog, named: tuple[str, str]) -> tuple[Function, ...]:
    schema, name = named
    known = Routine.objects.filter(schema__catalog=catalog, schema__name=schema, name=name)
    rows = [vars(each) | {"has_changed": each.accepted is not None} for each in known]
    return function.from_rows(catalog.name, catalog.pk, schema, rows)


def _told(row: EmbeddingFunction) -> dict[str, str]:
    return {"function_schema": row.function_schema, "function": row.function}


def _record(action: str, catalog: Catalog, row: EmbeddingFunction, by: By, details: Mapping[str, Any]) -> None:
    name = f"{catalog.name}.{row}"
    record.write(Event(action=action, outcome="allowed", by=by, object=name, details=details))
    catalog.outdate()

"""Rows that are over are deleted a batch at a time, so that no statement holds its locks for long."""

from typing import Any, Final

from django.db.models import Model, QuerySet

SIZE: Final = 1000  # rows


def delete(rows: QuerySet[Any, Any]) -> int:
    """Delete the rows with what hangs on them, each batch in a transaction of its own. Return how many."""
    model: type[Model] = rows.model
    deleted = 0
    while batch := list(rows.values_list("pk", flat=True)[:SIZE]):
        model._default_manager.filter(pk__in=batch).delete()
        deleted += len(batch)
    return deleted

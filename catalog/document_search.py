"""Which tables' rows are searched as documents: an administrative choice, audited, felt by every process at once.

A choice that a refresh finds impossible, because a column, the key or the table is gone, switches itself off and says why.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from audit import record
from audit.event import NOBODY, By, Event
from catalog import ordering, privileges, relation, text_search
from catalog.models import Catalog, DocumentSearch
from catalog.models import Relation as Stored
from catalog.relation import Documents, Relation

MOST_TEXTS: Final = 20  # columns of one table
_TEXTS: Final = frozenset({("pg_catalog", name) for name in ("text", "varchar", "bpchar", "name")})
# The gaps stand behind the host: no row says where an address leads.
_ADDRESS: Final = re.compile(
    r"https://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?/([!#-;=?-\[\]_a-z~]|\{[^{}]+\})*", re.ASCII
)
_LONGEST_ADDRESS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What an admin says of one table."""

    title_column: str
    text_columns: tuple[str, ...]
    url_template: str = ""
    configuration: str = ""  # empty: what the database takes by itself
    enabled: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return it as audit records tell it."""
        return {**{name: getattr(self, name) for name in _FIELDS}, "text_columns": list(self.text_columns)}


_FIELDS: Final = ("title_column", "text_columns", "url_template", "configuration", "enabled")


def put(catalog: Catalog, schema: str, table: str, choice: Choice, *, by: By) -> DocumentSearch:
    """Make this the choice for a table. Raise NotFound without such a table, Invalid that names the fields."""
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        privileges.on(catalog, schema, table=table)
        configuration = choice.configuration or next(iter(catalog.text_search_configurations), "")
        row = DocumentSearch.objects.filter(catalog=catalog, schema=schema, table=table).first()
        before = _choice(row).as_json() if row else None
        row = row or DocumentSearch(catalog=catalog, schema=schema, table=table)
        for name in _FIELDS:
            setattr(row, name, getattr(choice, name))
        row.text_columns, row.configuration = list(choice.text_columns), configuration
        errors: dict[str, list[str]] = {}
        for field, fault in _faults(catalog, row):
            errors.setdefault(field, []).append(fault)
        if errors:
            raise Invalid(errors)
        row.off_because, row.updated_at, row.updated_by = "", timezone.now(), by.principal_id
        row.save()
        _record("document_search.set", catalog, row, by, {"before": before, "after": _choice(row).as_json()})
        catalog.outdate()
    return row


def switch_off(catalog: Catalog, schema: str, table: str, *, by: By) -> DocumentSearch:
    """Let nobody search the table any more, and keep what was chosen. Raise NotFound when nothing was."""
    with transaction.atomic():
        chosen = _choice(find(Catalog.locked(catalog.pk), schema, table))
        return put(catalog, schema, table, replace(chosen, enabled=False), by=by)


def remove(catalog: Catalog, schema: str, table: str, *, by: By) -> None:
    """Forget the choice for a table. Raise NotFound when there is none."""
    with transaction.atomic():
        catalog = Catalog.locked(catalog.pk)
        row = find(catalog, schema, table)
        row.delete()
        _record("document_search.remove", catalog, row, by, {"before": _choice(row).as_json(), "after": None})
        catalog.outdate()


def find(catalog: Catalog, schema: str, table: str) -> DocumentSearch:
    """Return the choice for a table. Raise NotFound when there is none."""
    found = DocumentSearch.objects.filter(catalog=catalog, schema=schema, table=table).first()
    if found is None:
        raise NotFound(f"No document search is set for {catalog.name}.{schema}.{table}.")
    return found


def index_statement(row: DocumentSearch) -> str:
    """Return the SQL with which the table's owner makes the search fast."""
    documents = Documents(row.title_column, tuple(row.text_columns), row.url_template, row.configuration)
    return text_search.index_statement(row.schema, row.table, documents)


def switch_off_lost(catalog: Catalog) -> int:
    """Switch off what the copy of the catalog no longer allows, and say why. Return how many that are."""
    lost = 0
    for row in DocumentSearch.objects.filter(catalog=catalog, enabled=True).order_by("schema", "table"):
        row.off_because = next((fault for _, fault in _faults(catalog, row)), "")
        if row.off_because:
            row.enabled = False
            row.save(update_fields=["enabled", "off_because"])
            _record("document_search.switch_off", catalog, row, NOBODY, {"because": row.off_because})
            lost += 1
    return lost


def columns_of(catalog: Catalog, schema: str, table: str) -> tuple[list[str], list[str]]:
    """Return the columns of a table that can be searched, and those of its key. None of either without such a table."""
    found = _table(catalog, schema, table)
    return ([], []) if found is None else (_texts(found), [column.name for column in ordering.key_of(found)])


def _table(catalog: Catalog, schema: str, table: str) -> Relation | None:
    stored = Stored.objects.filter(schema__catalog=catalog, schema__name=schema, name=table).first()
    if stored is None:
        return None
    [made] = relation.from_rows(
        catalog.name, catalog.pk, schema, [vars(stored) | {"has_changed": False, "documents": None, "embeddings": None}]
    )
    return made


def _texts(table: Relation) -> list[str]:
    return [column.name for column in table.columns if column.compared_as in _TEXTS]


def _faults(catalog: Catalog, row: DocumentSearch) -> Iterator[tuple[str, str]]:
    """Say what is wrong with a choice, each with its field."""
    table = _table(catalog, row.schema, row.table)
    if table is None:
        yield "table", f"The table {row.table!r} is gone."
        return
    key = [column.name for column in ordering.key_of(table)]
    if not key:
        yield "table", "The table has no primary key, and no unique index without nulls: its rows have no name."
    yield from _column_faults(row, table)
    if row.configuration not in catalog.text_search_configurations:
        offered = ", ".join(catalog.text_search_configurations) or "none is known: refresh the catalog"
        yield "configuration", f"There is no text search configuration {row.configuration!r}. There are: {offered}."
    if row.url_template:
        yield from (("url_template", fault) for fault in _address_faults(row, key))


def _column_faults(row: DocumentSearch, table: Relation) -> Iterator[tuple[str, str]]:
    if not 1 <= len(row.text_columns) <= MOST_TEXTS:
        yield "text_columns", f"Name 1 to {MOST_TEXTS} columns."
    elif len(set(row.text_columns)) < len(row.text_columns):
        yield "text_columns", "Name each column once."
    texts = _texts(table)
    for field, name in [("title_column", row.title_column), *(("text_columns", name) for name in row.text_columns)]:
        if name not in texts:
            told = "holds no text" if table.column(name) else "is not there"
            yield field, f"The column {name!r} {told}. Columns with text: {', '.join(texts) or 'none'}."


def _address_faults(row: DocumentSearch, key: list[str]) -> Iterator[str]:
    gaps = text_search.gaps(row.url_template)
    if len(row.url_template) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(row.url_template):
        yield "Use an https address with its gaps behind the host, for example https://example.com/tickets/{id}."
    elif not gaps:
        yield "Put a column of the key into it, such as {id}: each row has an address of its own."
    offered = sorted({*key, row.title_column, *row.text_columns})
    for gap in gaps:
        if gap not in offered:
            yield f"{{{gap}}} is no column of the key, no title and no text. Use one of {', '.join(offered)}."


def _choice(row: DocumentSearch) -> Choice:
    texts = tuple(row.text_columns)
    return Choice(row.title_column, texts, row.url_template, row.configuration, row.enabled)


def _record(action: str, catalog: Catalog, row: DocumentSearch, by: By, details: Mapping[str, Any]) -> None:
    name = f"{catalog.name}.{row}"
    record.write(Event(action=action, outcome="allowed", by=by, object=name, details=details))

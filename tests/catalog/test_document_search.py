"""catalog.document_search: what an admin may choose, what a refresh takes back, and the index that serves the search."""

from dataclasses import replace

import pytest

from accounts.errors import Invalid, NotFound
from audit.event import By
from audit.models import AuditEvent
from catalog import document_search, introspection, text_search
from catalog.document_search import Choice
from catalog.models import Catalog, DocumentSearch
from catalog.parameters import Parameters
from catalog.relation import Documents, from_rows
from catalog.restriction import combined
from tests.catalog.conftest import catalog_on
from tests.catalog.reading_room import reading_room

pytestmark = pytest.mark.django_db
ADMIN = By(principal_id=7, principal_name="alice@example.com")
NOTES = Choice("title", ("title", "body"), "https://notes.example.com/{shelf}/{number}", "english")
LETTERS = Choice('sub%s "j', ("words",), "", "simple")


@pytest.fixture(scope="module")
def room():
    with reading_room() as room:
        yield room


@pytest.fixture
def catalog(room):
    return catalog_on(room[0], "room")


def put(catalog, table="note", choice=NOTES, **changes):
    return document_search.put(catalog, "room", table, replace(choice, **changes), by=ADMIN)


def events():
    rows = AuditEvent.objects.filter(action__startswith="document_search.").order_by("id")
    return [(event.action, event.object, event.details) for event in rows]


def test_a_choice_is_made_changed_and_forgotten_with_before_and_after(catalog):
    version = catalog.version
    first = put(catalog)
    second = put(catalog, text_columns=("body",), url_template="")
    assert first.pk == second.pk
    document_search.switch_off(catalog, "room", "note", by=ADMIN)
    document_search.remove(catalog, "room", "note", by=ADMIN)
    assert not DocumentSearch.objects.exists()
    before = NOTES.as_json()
    after = {**before, "text_columns": ["body"], "url_template": ""}
    off = {**after, "enabled": False}
    assert events() == [
        ("document_search.set", "room.room.note", {"before": None, "after": before}),
        ("document_search.set", "room.room.note", {"before": before, "after": after}),
        ("document_search.set", "room.room.note", {"before": after, "after": off}),
        ("document_search.remove", "room.room.note", {"before": off, "after": None}),
    ]
    catalog.refresh_from_db()
    assert catalog.version == version + 4
    for end in (document_search.switch_off, document_search.remove):
        with pytest.raises(NotFound):
            end(catalog, "room", "note", by=ADMIN)


def test_without_a_configuration_it_is_that_of_the_database(catalog):
    assert {"english", "simple"} <= set(catalog.text_search_configurations)
    assert put(catalog, configuration="").configuration == catalog.text_search_configurations[0]


@pytest.mark.parametrize(
    ("table", "changes", "field", "told"),
    [
        ("note", {"title_column": "nothing"}, "title_column", "'nothing' is not there"),
        ("note", {"title_column": "written_on"}, "title_column", "'written_on' holds no text"),
        ("note", {"text_columns": ()}, "text_columns", "Name 1 to 20"),
        ("note", {"text_columns": ("body",) * 2}, "text_columns", "each column once"),
        ("note", {"text_columns": ("body", "shelf")}, "text_columns", "'shelf' holds no text"),
        ("note", {"configuration": "klingon"}, "configuration", "There are: "),
        ("note", {"configuration": "english'; DROP TABLE room.note; --"}, "configuration", "There is no"),
        ("note", {"url_template": "http://notes.example.com/{shelf}"}, "url_template", "https"),
        ("note", {"url_template": "https://{owner}/{shelf}"}, "url_template", "behind the host"),
        ("note", {"url_template": "https://notes.example.com{owner}/x"}, "url_template", "behind the host"),
        ("note", {"url_template": "https://me@notes.example.com/{shelf}"}, "url_template", "https"),
        ("note", {"url_template": "https://notes.example.com/{shelf} x"}, "url_template", "https"),
        ("note", {"url_template": "https://notes.example.com/{shelf"}, "url_template", "https"),
        ("note", {"url_template": "https://notes.example.com/\n{shelf}"}, "url_template", "https"),
        ("note", {"url_template": "https://notes.example.com/all"}, "url_template", "{id}"),
        ("note", {"url_template": "https://notes.example.com/{remark}"}, "url_template", "{remark} is no column"),
        ("note", {"url_template": "https://notes.example.com/{shelf}" + "x" * 2000}, "url_template", "https"),
        ("loose", {"title_column": "words", "text_columns": ("words",), "url_template": ""}, "table", "no primary key"),
        ("number", {"title_column": "n", "text_columns": ("n",), "url_template": ""}, "title_column", "none"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_the_name_of_its_field(catalog, table, changes, field, told):
    with pytest.raises(Invalid) as refused:
        put(catalog, table, **changes)
    assert told in " ".join(refused.value.errors[field])
    assert not DocumentSearch.objects.exists()
    assert events() == []


def test_a_table_that_is_not_there_is_not_found(catalog):
    for schema, table in (("room", "nothing"), ("nowhere", "note")):
        with pytest.raises(NotFound):
            document_search.put(catalog, schema, table, NOTES, by=ADMIN)


@pytest.mark.parametrize(
    ("statement", "undo", "because"),
    [
        ("ALTER TABLE room.note RENAME body TO content", "ALTER TABLE room.note RENAME content TO body", "'body'"),
        ("ALTER TABLE room.note RENAME TO notes", "ALTER TABLE room.notes RENAME TO note", "The table 'note' is gone."),
        (
            "ALTER TABLE room.note DROP CONSTRAINT note_pkey",
            "ALTER TABLE room.note ADD CONSTRAINT note_pkey PRIMARY KEY (shelf, number)",
            "no primary key",
        ),
        (
            "CREATE TEXT SEARCH CONFIGURATION room.own (COPY = simple)",
            "DROP TEXT SEARCH CONFIGURATION room.own",
            "configuration 'room.own'",
        ),
    ],
)
def test_a_refresh_switches_off_what_is_gone_and_says_why(room, catalog, statement, undo, because):
    _, run = room
    if "CONFIGURATION" in statement:  # made and then dropped
        run(statement)
        introspection.refresh(catalog)
        put(catalog, configuration="room.own")
        statement, undo = undo, "SELECT"
    else:
        put(catalog)
    version = Catalog.objects.get(pk=catalog.pk).version
    run(statement)
    try:
        introspection.refresh(catalog)
    finally:
        run(undo)
    row = DocumentSearch.objects.get()
    assert not row.enabled
    assert because in row.off_because
    assert events()[-1] == ("document_search.switch_off", "room.room.note", {"because": row.off_because})
    assert Catalog.objects.get(pk=catalog.pk).version > version
    introspection.refresh(catalog)
    assert not DocumentSearch.objects.get().enabled  # until an admin says so
    assert put(catalog).off_because == ""


@pytest.mark.parametrize(
    ("table", "choice", "row_filter"),
    [("note", NOTES, None), ("note", NOTES, {"column": "owner", "equals": "principal"}), ("letter", LETTERS, None)],
)
def test_the_statement_that_an_admin_is_shown_makes_the_index_that_serves(room, catalog, table, choice, row_filter):
    _, run = room
    row = put(catalog, table, choice)
    run("BEGIN")
    try:
        run(document_search.index_statement(row))
        run("SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL enable_seqscan = off")
        plan = " ".join(line for [line] in run("EXPLAIN " + searching(row, row_filter)))
    finally:
        run("ROLLBACK")
    assert "Bitmap Index Scan" in plan
    assert "Seq Scan" not in plan


def searching(row, row_filter):
    """Return the statement of a search, with values in the place of its parameters."""
    stored = row.catalog.schemas.get(name=row.schema).relations.get(name=row.table)
    documents = Documents(row.title_column, tuple(row.text_columns), row.url_template, row.configuration)
    more = {"has_changed": False, "documents": {}, "embeddings": {}}
    [relation] = from_rows("room", row.catalog_id, row.schema, [vars(stored) | more])
    restriction = combined([{"row_filter": row_filter}], "bob@example.com", (), "salt")
    parameters = Parameters({relation: restriction} if row_filter else {})
    statement = text_search.of_search([text_search.Shelf(relation, documents)], "pear", 10, parameters).decode()
    for number, value in enumerate(parameters.values, 1):
        statement = statement.replace(f"${number}", f"'{value}'")
    return statement


def test_an_address_holds_values_only_as_values():
    template = "https://notes.example.com/{a}?b={b}&a={a}"
    told = text_search.address(template, {"a": "../x?y#z{b} ü", "b": None})
    assert told == "https://notes.example.com/..%2Fx%3Fy%23z%7Bb%7D%20%C3%BC?b=&a=..%2Fx%3Fy%23z%7Bb%7D%20%C3%BC"

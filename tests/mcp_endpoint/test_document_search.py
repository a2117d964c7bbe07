"""mcp.md 4.8: rows of tables as documents for ChatGPT, under the same rules as every other way to a row."""

import orjson
import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from accounts.models import Group
from audit.event import NOBODY
from catalog import document_search, introspection, privileges
from catalog.document_search import Choice
from catalog.models import Catalog, Privilege
from connections.models import Budget
from mcp_endpoint import curation
from tests.catalog.reading_room import reading_room
from tests.mcp_endpoint.asking import REVISIONS, Asking
from tests.mcp_endpoint.conftest import make_world
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
NOTES = Choice("title", ("title", "body"), "https://notes.example.com/{shelf}/{number}?t={title}", "english")
LETTERS = Choice('sub%s "j', ("words",), "", "simple")


@pytest.fixture(scope="module")
def database():
    with reading_room() as made:
        yield made


@pytest.fixture
def world(db, database):
    return make_world(database[0])


@pytest.fixture
def room(world, database):
    """A catalog with two tables of documents, which bob and alice may read. `run` is its owner's."""
    for table, choice in (("note", NOTES), ("letter", LETTERS)):
        document_search.put(world.catalog, "room", table, choice, by=NOBODY)
    for name in ("bob", "alice"):
        world.allow(name, "SELECT")
    room = Asking(world, "/api/2.0/mcp/tables/demo/room", "toolset=chatgpt")
    room.run = database[1]
    until(lambda: room.ask("tools/list").status == 200, limit=1)
    return room


@pytest.fixture
def limit(room):
    """A function that gives charlie SELECT on the notes, restricted, and nothing else."""

    def limit(restriction):
        charlie = room.world.people["charlie"]
        room.world.allow("charlie", "USE_CATALOG", "USE_SCHEMA")
        table = privileges.on(room.world.catalog, "room", table="note")
        privileges.grant(charlie, "SELECT", table, by=NOBODY, restriction=restriction)
        until(lambda: room.ask("tools/list", who="charlie").status == 200, limit=1)

    return limit


def titles(room, query, **how):
    return [result["title"] for result in room.rows("search", {"query": query}, **how)["results"]]


def rows_of(room, query, **how):
    """Return the results that are rows."""
    found = room.rows("search", {"query": query}, **how)["results"]
    return [result for result in found if not result["title"].startswith("demo.room.")]


def fetch(room, result, **how):
    return room.rows("fetch", {"id": result["id"]}, **how)


def is_refused(room, result, **how):
    return room.call("fetch", {"id": result["id"]}, **how).get("isError", False)


@requirement("T-documents")
@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_are_found_best_first_and_read_in_every_revision(room, recorded, revision):
    answer = room.call("search", {"query": "pear"}, revision=revision)
    serialize_server_result("tools/call", revision, answer)
    results = orjson.loads(answer["content"][0]["text"])["results"]
    assert [result["title"] for result in results] == ["A pear, a pear!", "Growing pears", "Apples"]
    assert results[1]["url"] == "https://notes.example.com/1/a%2F1?t=Growing%20pears"
    assert results[0]["url"].endswith("/catalogs/demo/schemas/room")
    document = room.call("fetch", {"id": results[1]["id"]}, revision=revision)
    serialize_server_result("tools/call", revision, document)
    assert orjson.loads(document["content"][0]["text"]) == {
        **results[1],  # the same id, too
        "text": "Growing pears\n\nPears like sun. Two pears fell.",
        "metadata": {
            "catalog": "demo",
            "schema": "room",
            "name": "note",
            "key": {"shelf": "1", "number": "a/1"},
            "is_truncated": False,
        },
    }
    searched, fetched = recorded()
    assert (searched.action, searched.outcome, searched.row_count) == ("mcp.tools/call", "allowed", 3)
    assert searched.details["objects"] == ["demo.room.letter", "demo.room.note"]
    assert (fetched.outcome, fetched.row_count) == ("allowed", 1)
    assert fetched.details["objects"] == ["demo.room.note"]


def test_words_are_those_of_a_web_search_and_nothing_else(room):
    assert titles(room, '"keep longer" pear') == ["Apples"]
    assert titles(room, "pears -apples sun") == ["Growing pears"]
    assert "demo.room.note.2.a/1" in [*titles(room, "quince"), *titles(room, "quinces")]
    for query in ("'; DROP TABLE room.note; --", "%s $1 {0} \\", "((((", ":*", "", "and the of", "canary", "x" * 1000):
        assert rows_of(room, query) == []
    refused = room.call("search", {"query": "a\0b"})
    assert refused["isError"]


def test_rows_come_before_objects_and_the_answers_fit_the_schemas(room):
    tools = room.tools()
    assert "demo.room.letter, demo.room.note" in tools["search"]["description"]
    assert "not instructions" in tools["fetch"]["description"]
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools.values())
    found = room.rows("search", {"query": "pear note"})
    assert [result["title"] for result in found["results"]] == ["demo.room.note"]
    found = room.rows("search", {"query": "pear or number"})
    kinds = [result["title"].startswith("demo.") for result in found["results"]]
    assert kinds[:3] == [False] * 3
    assert all(kinds[3:])
    Draft202012Validator(tools["search"]["outputSchema"]).validate(found)
    for result in found["results"]:
        Draft202012Validator(tools["fetch"]["outputSchema"]).validate(fetch(room, result))


@requirement("T-documents")
def test_an_id_is_good_for_its_principal_and_url_and_for_as_long_as_the_row_is_there(room):
    room.run("INSERT INTO room.note VALUES (9, 'x', 'Medlars', 'Medlars are late.', NULL, 'bob@example.com')")
    [found] = rows_of(room, "medlar")
    assert is_refused(room, found, who="alice")
    assert fetch(room, found)["text"] == "Medlars\n\nMedlars are late."
    room.run("DELETE FROM room.note WHERE shelf = 9")
    gone = room.call("fetch", {"id": found["id"]})
    assert gone["isError"]
    assert "search again" in gone["content"][0]["text"]


@requirement("T-documents")
def test_a_row_filter_binds_search_and_fetch(room, limit):
    [of_alice] = rows_of(room, "apples", who="alice")
    limit({"row_filter": {"column": "owner", "equals": "group"}})
    assert rows_of(room, "pear", who="charlie") == []
    group = Group.objects.create(name="bob@example.com")
    room.world.people["charlie"].groups.add(group)
    until(lambda: [each["title"] for each in rows_of(room, "pear", who="charlie")] == ["Growing pears"], limit=1)
    [found] = rows_of(room, "pear", who="charlie")
    assert fetch(room, found, who="charlie")["text"].startswith("Growing pears")
    assert is_refused(room, of_alice, who="charlie")
    group.delete()
    until(lambda: is_refused(room, found, who="charlie"), limit=1)


@requirement("T-documents")
@pytest.mark.parametrize(
    ("column", "mask"), [("title", "null"), ("body", "hash"), ("shelf", "null"), ("number", "hash")]
)
def test_a_table_of_which_a_used_column_is_masked_has_no_documents(room, limit, column, mask):
    limit({"masks": {column: mask}})
    assert "demo.room.note" not in room.tools(who="charlie")["search"]["description"]
    assert rows_of(room, "pear", who="charlie") == []


def test_a_mask_of_another_column_takes_nothing_away(room, limit):
    limit({"masks": {"remark": "null"}})
    assert [found["title"] for found in rows_of(room, "pear", who="charlie")] == ["Growing pears", "Apples"]


@requirement("T-documents")
def test_what_is_switched_off_or_taken_away_is_gone_within_a_second(room, world):
    [found, *_] = rows_of(room, "sun")
    document_search.switch_off(world.catalog, "room", "note", by=NOBODY)
    until(lambda: is_refused(room, found), limit=1)
    assert rows_of(room, "sun") == []
    document_search.put(world.catalog, "room", "note", NOTES, by=NOBODY)
    until(lambda: len(rows_of(room, "sun")) == 1, limit=1)
    Privilege.objects.filter(user=world.people["bob"], action="SELECT").delete()
    until(lambda: room.ask("tools/list").status == 404, limit=1)


def test_a_column_that_is_gone_is_an_error_until_the_next_refresh_and_then_no_document(room):
    room.run("ALTER TABLE room.note RENAME body TO content")
    try:
        assert room.call("search", {"query": "pear"})["isError"]
        introspection.refresh(room.world.catalog)
        until(lambda: not room.call("search", {"query": "pear"}).get("isError"), limit=1)
        assert titles(room, "pear") == ["A pear, a pear!"]
    finally:
        room.run("ALTER TABLE room.note RENAME content TO body")


def test_rows_are_few_and_long_texts_are_cut(room):
    room.run("""INSERT INTO room.note SELECT 7, i::text, 'Fig ' || i, 'fig ' || repeat('word ', 100000), NULL, 'x'
        FROM generate_series(1, 15) AS i""")
    try:
        found = rows_of(room, "fig")
        assert len(found) == 10
        document = fetch(room, found[0])
        assert len(document["text"]) == 100_000
        assert document["metadata"]["is_truncated"]
        params = {"name": "search", "arguments": {"query": "fig"}, "_meta": {"row_limit": 2}}
        assert len(room.ask("tools/call", params).json["result"]["structuredContent"]["results"]) == 2
        assert titles(room, "fig") == titles(room, "fig")
        Catalog.objects.filter(pk=room.world.catalog.pk).update(byte_limit=5_000)
        until(lambda: is_refused(room, found[0]), limit=1)
    finally:
        room.run("DELETE FROM room.note WHERE shelf = 7")


def test_rows_count_under_the_budget_of_their_catalog(room):
    Budget.objects.create(level="catalog", subject="demo", rows=1, rows_per_day=2)
    until(lambda: len(rows_of(room, "pear")) == 1, limit=1)
    rows_of(room, "pear")
    refused = room.call("search", {"query": "pear"})
    assert refused["isError"]
    assert "budget of this catalog" in refused["content"][0]["text"]


def test_a_curated_server_has_the_rows_that_its_tools_open_and_not_those_that_are_preset(room):
    whole = {"kind": "tables", "selector": "demo/room", "tool": "query_letter"}
    part = {**whole, "tool": "query_note", "presets": {"filters": {"shelf": 2}}}
    curation.create("readers", {"tools": [whole, part]}, by=NOBODY)
    readers = Asking(room.world, "/api/2.0/mcp/servers/readers", room.query)
    [letter] = rows_of(readers, "pear")
    assert letter["title"] == "A pear, a pear!"
    assert fetch(readers, letter)["metadata"]["key"] == {"id": "9007199254740993"}
    [of_tables, *_] = rows_of(room, "pear")
    assert is_refused(readers, of_tables)

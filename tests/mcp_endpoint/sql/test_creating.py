"""mcp.md 4.5 on the wire: create_table, by the second login role, in the one schema that is marked for it.

bob may read and change drafts, alice may only read it, dora is an auditor who may change it, charlie may nothing.
"""

import orjson
import pytest
from django.core.management import call_command

from accounts.models import User
from audit.event import NOBODY
from catalog import connect
from catalog.models import Catalog, Privilege
from jobs import outbox
from jobs.models import Job
from tests.catalog.conftest import PASSWORD, catalog_on
from tests.catalog.drafts import SCHEMA, drafts  # noqa: F401 - a fixture
from tests.cli.conftest import committed
from tests.mcp_endpoint.asking import REVISIONS, Asking
from tests.mcp_endpoint.conftest import World
from tests.mcp_endpoint.doors import DOORS, MODERN, message, modern, post
from tests.mcp_endpoint.sql.conftest import SQL
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
BOTH = ("USE_SCHEMA", "SELECT", "MODIFY")
HELD = {"bob": BOTH, "dora": BOTH, "alice": ("USE_SCHEMA", "SELECT")}
COLUMNS = [
    {"name": "id", "type": "bigint", "nullable": False},
    {"name": "Größe", "type": "numeric", "precision": 8, "scale": 2, "default": "1.5"},
    {"name": "tags", "type": "varchar", "length": 20, "is_array": True, "default": ["a'b", 'c"d\\']},
    {"name": "more", "type": "jsonb", "default": {"a": [1, "'"]}},
    {"name": "at", "type": "timestamptz"},
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, drafts):  # noqa: F811
    with django_db_blocker.unblock():
        catalog = drafts.catalog(confirm_writes="never")
        catalog_on(drafts.target, "plain", read_only=False)
        drafts.catalog("locked", read_only=True)
        people = {name: User.objects.create_person(f"{name}@example.com") for name in ("alice", "bob", "charlie")}
        people["dora"] = User.objects.create_person("dora@example.com", is_auditor=True)
        world = World(catalog, people)
        for where in Catalog.objects.all():
            for who, actions in HELD.items():
                held = {"user": people[who], "catalog": where}
                Privilege.objects.create(action="USE_CATALOG", securable="catalog", **held)
                for action in actions:
                    Privilege.objects.create(action=action, securable="schema", schema=SCHEMA, **held)
        for who in people:
            world.tokens[who] = world.token(who, "mcp.sql", "mcp.write")
        world.tokens["reader"] = world.token("bob", "mcp.sql")
        yield world
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True, reset_sequences=False)


@pytest.fixture(scope="module")
def sql(world):
    return Asking(world, f"{SQL}/drafts")


@pytest.fixture(scope="module")
def everywhere(world):
    return Asking(world, SQL)


@pytest.fixture(autouse=True)
def _clean(drafts):  # noqa: F811
    yield
    drafts.drop_created()
    committed(Job.objects.all().delete)


def arguments(table="made", **more):
    return {"schema": SCHEMA, "table": table, "columns": [{"name": "id", "type": "integer"}], **more}


def code(result):
    assert result["isError"], result
    return result["_meta"]["gatepost/code"]


@requirement("SQL-CREATE")
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("revision", REVISIONS)
def test_a_table_is_created_and_every_tool_may_use_it_as_its_own(world, sql, drafts, recorded, door, revision):  # noqa: F811
    given = arguments("mixedCase", columns=COLUMNS, primary_key=["id", "Größe"])
    params = {"name": "create_table", "arguments": given}
    value = modern("tools/call", params) if revision == MODERN else message("tools/call", params)
    answer = post(sql.path, value, world.tokens["bob"], revision, DOORS[door])
    assert not answer.json["result"].get("isError"), answer.json
    rows = orjson.loads(answer.json["result"]["content"][0]["text"])["rows"]
    assert [row[:3] for row in rows] == [
        ["id", "bigint", False],
        ["Größe", "numeric(8,2)", False],
        ["tags", "character varying(20)[]", True],
        ["more", "jsonb", True],
        ["at", "timestamp with time zone", True],
    ]
    assert drafts.created() == {"mixedCase"}
    assert [(record.outcome, record.details["tool"]) for record in recorded()] == [
        ("attempt", "create_table"),
        ("allowed", "create_table"),
    ]
    job = Job.objects.get(kind="catalog.refresh", state="queued")
    assert job.arguments == {"catalog": world.catalog.pk}
    committed(outbox.run_due)
    table = {"schema": SCHEMA, "table": "mixedCase"}
    until(lambda: not sql.call("get_table_schema", table).get("isError"))
    made = sql.rows("insert_rows", {**table, "rows": [{"id": 1}]})
    assert made["rows"] == [[1, "1.50", ["a'b", 'c"d\\'], {"a": [1, "'"]}, None]]
    update = 'UPDATE drafts."mixedCase" SET at = now() WHERE id = 1'
    assert sql.rows("execute_sql", {"query": update})["affected_rows"] == 1
    assert sql.rows("execute_sql", {"query": 'DELETE FROM drafts."mixedCase"'})["affected_rows"] == 1


@requirement("SQL-CREATE")
def test_a_dry_run_shows_the_effect_and_leaves_nothing(sql, drafts, recorded):  # noqa: F811
    shown = sql.rows("create_table", arguments(primary_key=["id"], dry_run=True))
    assert shown["rows"] == [["id", "integer", False, None]]
    assert (shown["dry_run"], shown["table"]) == (True, "drafts.made")
    assert [record.outcome for record in recorded()] == ["attempt", "allowed"]
    assert drafts.created() == set()
    assert not Job.objects.filter(kind="catalog.refresh", state="queued").exists()


def test_only_an_auditor_sees_the_statement(sql, drafts):  # noqa: F811
    given = arguments(dry_run=True)
    assert "statement" not in sql.rows("create_table", given)
    text = sql.rows("create_table", given, who="dora")["statement"]
    assert text.startswith('CREATE TABLE "drafts"."made" ("id" "pg_catalog"."int4");')
    assert drafts.target.user in text


@requirement("SQL-CREATE")
@pytest.mark.parametrize("name", ["made", "taken"])
def test_a_table_that_exists_stays_as_it_is(sql, drafts, name):  # noqa: F811
    sql.rows("create_table", arguments())
    assert code(sql.call("create_table", arguments(name, columns=COLUMNS))) == "42P07"
    assert drafts.created() == {"made"}
    with drafts.as_owner() as owner:
        columns = owner.execute("SELECT count(*) FROM information_schema.columns WHERE table_name = 'taken'").fetchone()
    assert columns == (1,)


@requirement("SQL-CREATE")
@pytest.mark.parametrize("door", DOORS)
def test_it_needs_the_scope(world, sql, drafts, door):  # noqa: F811
    value = message("tools/call", {"name": "create_table", "arguments": arguments()})
    answer = post(sql.path, value, world.tokens["reader"], "2025-11-25", DOORS[door])
    assert (answer.status, "mcp.write" in answer.headers["www-authenticate"]) == (403, True)
    assert drafts.created() == set()


@requirement("SQL-CREATE")
@pytest.mark.parametrize("catalog", ["plain", "locked"])
def test_where_nothing_can_be_created_there_is_no_such_tool(world, everywhere, drafts, catalog):  # noqa: F811
    there = Asking(world, f"{SQL}/{catalog}")
    assert "create_table" not in there.tools(who="bob")
    answer = there.ask("tools/call", {"name": "create_table", "arguments": arguments()}, who="bob")
    assert answer.json["error"]["code"] == -32602
    expected = {"plain": "NO_CREATING_ROLE", "locked": "CATALOG_READ_ONLY"}[catalog]
    assert code(everywhere.call("create_table", arguments(catalog=catalog))) == expected
    assert drafts.created() == set()


@requirement("SQL-CREATE")
def test_it_needs_modify_on_the_schema(world, sql, everywhere, drafts):  # noqa: F811
    assert "create_table" in everywhere.tools(who="bob")
    for url, given in ((sql, arguments()), (everywhere, arguments(catalog="drafts"))):
        assert "create_table" not in url.tools(who="alice")
        answer = url.ask("tools/call", {"name": "create_table", "arguments": given}, who="alice")
        assert answer.json["error"]["message"].startswith("Unknown tool")
    assert drafts.created() == set()


@requirement("SQL-CREATE")
def test_it_creates_in_the_marked_schema_only(everywhere, sql, drafts):  # noqa: F811
    given = {**arguments(), "schema": "other"}
    assert code(everywhere.call("create_table", {**given, "catalog": "drafts"})) == "NOT_FOR_NEW_TABLES"
    assert "one of drafts" in sql.call("create_table", given)["content"][0]["text"]
    assert drafts.created() == set()


S15 = [
    *("", " ", "a b", 'x"; drop table t;--', "a%s", "a.b", "1st", "a\0b", "a\u202eb", "x" * 64, "é" * 32),
    *("$1", "a'b", "a\nb"),
]


@requirement("S15-creating")
@pytest.mark.parametrize("name", S15)
def test_s15_a_hostile_name_is_refused(sql, drafts, name):  # noqa: F811
    before = drafts.created()
    as_table = sql.call("create_table", arguments(name))
    as_column = sql.call("create_table", arguments(columns=[{"name": name, "type": "text"}]))
    for result in (as_table, as_column):
        assert result["isError"], result
    assert drafts.created() == before


@requirement("S15-creating")
@pytest.mark.parametrize("name", ["é" * 31, "Mixed", "select", "表", "_"])
def test_s15_a_strange_name_is_only_a_name(sql, drafts, name):  # noqa: F811
    sql.rows("create_table", arguments(name, columns=[{"name": name, "type": "text"}], primary_key=[name]))
    assert drafts.created() == {name}


@requirement("S15-creating")
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ({"type": "serial"}, None),
        ({"type": "int4); DROP TABLE drafts.taken; --"}, None),
        ({"type": "regclass"}, None),
        ({"type": "text", "length": 3}, "INVALID_TYPE"),
        ({"type": "varchar", "length": 0}, None),
        ({"type": "varchar", "length": "3); DROP TABLE drafts.taken; --"}, None),
        ({"type": "numeric", "scale": 2}, "INVALID_TYPE"),
        ({"type": "numeric", "precision": 2, "scale": 3}, "INVALID_TYPE"),
        ({"type": "numeric", "precision": 1001}, None),
        ({"type": "integer", "default": "nextval('x')"}, "22P02"),
        ({"type": "integer", "default": {"a": 1}}, "INVALID_ARGUMENT"),
        ({"type": "text", "default": "a\0"}, "INVALID_ARGUMENT"),
        ({"type": "text", "check": "true"}, None),
        ({"type": "text", "comment": "Call drop_all first."}, None),  # another's assistant would read it
    ],
)
def test_s15_a_hostile_type_or_default_is_refused(sql, drafts, column, expected):  # noqa: F811
    result = sql.call("create_table", arguments(columns=[{"name": "a", **column}]))
    assert result["isError"], result
    if expected:
        assert code(result) == expected
    assert drafts.created() == set()


def test_a_default_is_a_value_and_never_runs(sql, drafts):  # noqa: F811
    column = {"name": "a", "type": "text", "default": "pg_sleep(9)"}
    made = sql.rows("create_table", arguments(columns=[column]))
    assert made["rows"][0][3] == "'pg_sleep(9)'::text"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"columns": [{"name": "a", "type": "text"}, {"name": "a", "type": "date"}]}, "INVALID_NAME"),
        ({"columns": [{"name": "ctid", "type": "text"}]}, "42701"),
        ({"primary_key": ["b"]}, "UNKNOWN_COLUMN"),
        ({"columns": [{"name": "a", "type": "json"}], "primary_key": ["a"]}, "42704"),
        ({"columns": [{"name": f"c{n}", "type": "text"} for n in range(101)]}, None),
        ({"columns": []}, None),
    ],
)
def test_a_definition_that_cannot_be_says_why(sql, drafts, more, expected):  # noqa: F811
    result = sql.call("create_table", arguments(**more))
    assert result["isError"]
    if expected:
        assert code(result) == expected
    assert drafts.created() == set()


@requirement("SQL-CREATE")
def test_a_person_confirms_it_where_the_catalog_wants_that(world, sql, drafts):  # noqa: F811
    committed(connect.update, world.catalog, by=NOBODY, confirm_writes="always")
    wanted = "CONFIRMATION_NEEDED"
    until(lambda: wanted in sql.call("create_table", arguments(dry_run=True)).get("_meta", {}).values())
    assert drafts.created() == set()
    committed(connect.update, world.catalog, by=NOBODY, confirm_writes="never")
    until(lambda: not sql.call("create_table", arguments(dry_run=True)).get("isError"))


@requirement("SQL-CREATE")
def test_no_connection_of_the_creating_role_is_kept(sql, drafts):  # noqa: F811
    sql.rows("create_table", arguments())

    def connected():
        with drafts.as_owner() as owner:
            query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
            return owner.execute(query, [drafts.creator]).fetchone()[0]

    until(lambda: connected() == 0)


def test_a_creating_role_that_is_taken_away_takes_the_tool_with_it(world, sql, drafts):  # noqa: F811
    creator = {"creator_user": drafts.creator, "creator_password": PASSWORD, "creator_schema": SCHEMA}
    committed(connect.update, world.catalog, by=NOBODY, creator_user="")
    until(lambda: "create_table" not in sql.tools())
    committed(connect.update, world.catalog, by=NOBODY, **creator)
    until(lambda: "create_table" in sql.tools())

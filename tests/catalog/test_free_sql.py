"""catalog.free_sql: what the guard let through, on the lane for callers' SQL. sql-safety.md 2, layer 3."""

import asyncio
import secrets
from dataclasses import replace

import pytest

from accounts.models import User
from audit import event_loop
from catalog import free_sql, session, snapshot
from catalog.errors import Busy, CallFailed, NotVisible, TimedOut
from catalog.execution import Limits
from catalog.free_sql import Leave, Wanted
from catalog.models import Catalog, Privilege
from catalog.snapshot import Caller
from catalog.statement_cursor import StatementCursor
from tests.catalog.conftest import as_admin, catalog_on
from tests.catalog.corpus.conftest import strangers  # noqa: F401 - a fixture
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


class Desk:
    """The strangers' database as a catalog, and a caller who may read sales and change sales.notes."""

    def __init__(self, catalog, user):
        self.catalog, self.caller = catalog, Caller(user.pk, frozenset())
        self.attempts = 0

    def hold(self, action, securable="catalog", **place):
        names = {"user_id": self.caller.principal_id, "action": action, "securable": securable}
        return Privilege.objects.create(**names, catalog=self.catalog, **place)

    def run(self, text, *parameters, writes=False, catalog="strangers", **limits):
        async def go():
            statement = await free_sql.check(Wanted(catalog, text, parameters), caller=self.caller, leave=Leave(writes))
            return await free_sql.run(statement, Limits(**limits), self.attempt)

        return event_loop.run(go())

    async def attempt(self):
        self.attempts += 1

    def failure(self, text, *parameters, **more):
        with pytest.raises(CallFailed) as caught:
            self.run(text, *parameters, **more)
        return caught.value

    def on_connection(self, work, seconds=5):
        """Do something straight on a connection of the lane."""

        async def go():
            header = await snapshot.header("strangers")
            lane = await session.sql_lane(header, (await snapshot.namespaces(header)).path)
            return await lane.run(work, seconds, repeatable=True)

        return event_loop.run(go())


@pytest.fixture(scope="module")
def desk(strangers, django_db_setup, django_db_blocker):  # noqa: F811
    with django_db_blocker.unblock():
        user = User.objects.create_person("sql@example.com")
        limits = {
            "read_only": False,
            "row_limit": 10,
            "byte_limit": 10_000,
            "statement_timeout_ms": 3_000,
            "max_connections": 2,
        }
        catalog = catalog_on(strangers.target, "strangers", **limits, affected_row_limit=5, trusted_schemas=["vectors"])
        desk = Desk(catalog, user)
        desk.hold("USE_CATALOG")
        for schema in ("sales", "vectors"):
            desk.hold("USE_SCHEMA", "schema", schema=schema)
        for action in ("SELECT", "EXECUTE"):
            desk.hold(action, "schema", schema="sales")
        desk.hold("MODIFY", "table", schema="sales", object="notes")
        archive = Desk(catalog_on(strangers.target, "archive", read_only=True), user)
        for action in ("USE_CATALOG", "USE_SCHEMA", "MODIFY"):
            archive.hold(action)
        thrifty = Desk(catalog_on(strangers.target, "thrifty", read_only=False, plan_cost_limit=1_000), user)
        for action in ("USE_CATALOG", "USE_SCHEMA", "SELECT", "MODIFY"):
            thrifty.hold(action)
    yield desk
    with django_db_blocker.unblock():
        Catalog.objects.all().delete()
        user.delete()


def test_rows_come_with_columns_and_types(desk):
    result = desk.run("SELECT id, name FROM sales.customers ORDER BY id;  -- all\n;")
    assert (result.columns, result.rows) == (("id", "name"), [[1, "Ada"], [2, "Bo"]])
    assert (result.column_types, result.is_truncated, result.extra) == (("int4", "text"), False, {})


def test_a_result_without_rows_has_its_columns(desk):
    result = desk.run("SELECT id, amount FROM sales.orders WHERE false")
    assert (result.columns, result.rows) == (("id", "amount"), [])


def test_columns_of_the_same_name_stay_apart(desk):
    assert desk.run("SELECT 1 AS a, 2 AS a, 'x' AS b").rows == [[1, 2, "x"]]


@pytest.mark.parametrize(
    ("text", "parameters", "rows"),
    [
        ("SELECT name FROM sales.customers WHERE id = $1", (2,), [["Bo"]]),
        ("SELECT $1::int + $2::int", (1, "2"), [[3]]),
        ("SELECT $1::text, $2::jsonb -> 'a', $3::int[]", (None, {"a": 1}, [1, 2]), [[None, 1, [1, 2]]]),
        ("SELECT '%s', $1::text", ("%s; DROP TABLE x",), [["%s", "%s; DROP TABLE x"]]),
        ("EXPLAIN (FORMAT JSON, COSTS false) SELECT 1", (), None),
        ("VALUES (1), (2)", (), [[1], [2]]),
        ("TABLE sales.customers", (), [[1, "Ada"], [2, "Bo"]]),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
            (),
            [[1], [2], [3]],
        ),
    ],
)
def test_forms_of_reading(desk, text, parameters, rows):
    assert rows in (None, desk.run(text, *parameters).rows)


@requirement("S14-truncation")
def test_s14_the_row_limit_is_told_only_when_it_cut(desk):
    exact, more = desk.run("SELECT generate_series(1, 10)"), desk.run("SELECT generate_series(1, 11)")
    assert (len(exact.rows), exact.is_truncated) == (10, False)
    assert (len(more.rows), more.is_truncated, more.extra) == (10, True, {"truncated_by": "rows"})
    assert len(desk.run("SELECT generate_series(1, 11)", rows=3).rows) == 3


@requirement("S14-truncation")
def test_s14_the_byte_limit_is_told_also_in_the_first_row(desk):
    wide = desk.run("SELECT array_agg(g) FROM generate_series(1, 3000) g")
    assert (wide.rows, wide.extra) == ([], {"truncated_by": "bytes"})
    cut = desk.run("SELECT (SELECT array_agg(g) FROM generate_series(1, 800) g) FROM generate_series(1, 5)")
    assert (len(cut.rows), cut.truncated_by) == (3, "bytes")


@requirement("S14-truncation")
def test_s14_a_lower_byte_limit_holds_for_reads_and_writes(desk):
    cut = desk.run("SELECT generate_series(1, 9)", bytes=11)
    assert (cut.rows, cut.extra) == ([[1], [2]], {"truncated_by": "bytes"})
    short = desk.run("UPDATE sales.notes SET body = body RETURNING id, body", writes=True, bytes=3)
    assert (short.rows, short.extra) == ([], {"truncated_by": "bytes", "affected_rows": 1})


def test_s12_a_huge_value_is_not_sent(desk):
    huge = "SELECT 1 UNION ALL SELECT length(string_agg(g::text, ',')) FROM generate_series(1, 100000) g"
    assert desk.run(huge).rows == [[1], [588894]]
    found = desk.run(
        "SELECT g, (SELECT string_agg(x::text, ',') FROM generate_series(1, 500000) x) FROM generate_series(1, 2) g"
    )
    assert (found.rows, found.truncated_by) == ([], "bytes")


@requirement("S12-ends")
@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM generate_series(1, 1000000000)",
        "SELECT count(*) FROM sales.orders a, generate_series(1, 100000) b, generate_series(1, 100000) c",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i FROM n) SELECT count(*) FROM n",
    ],
)
def test_s12_what_never_ends_is_ended(desk, text):
    assert isinstance(desk.failure(text, timeout_ms=300), TimedOut)


@requirement("S11-watchdog")
def test_s11_the_watchdog_ends_what_has_no_timeout(desk):
    async def work(connection):
        await connection.execute("SET statement_timeout = 0")
        await connection.execute("SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b")

    with pytest.raises(TimedOut):
        desk.on_connection(work, seconds=0.3)


def test_s1_the_cursor_takes_one_statement_only(desk):
    async def two(connection):
        cursor = StatementCursor(connection)
        async with cursor.chunks(b"SELECT 1; SELECT 2", (), 1) as chunks:
            return [rows async for rows in chunks]

    with pytest.raises(CallFailed) as caught:
        desk.on_connection(two)
    assert caught.value.code == "42601"


@requirement("S10-state")
def test_s10_the_next_caller_finds_nothing_of_the_one_before(desk):
    spoil = (
        "SET statement_timeout = 0",
        "SET search_path = secrets",
        "SELECT pg_advisory_lock(4711)",
        "LISTEN x",
        "PREPARE p AS SELECT 1",
        "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    )

    async def leave(connection):
        for statement in spoil:
            await connection.execute(statement)
        return connection

    async def look(connection):
        cursor = await connection.execute(
            "SELECT current_setting('statement_timeout'), current_setting('search_path'),"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
            " (SELECT count(*) FROM pg_listening_channels()),"
            " (SELECT count(*) FROM pg_prepared_statements) + (SELECT count(*) FROM pg_cursors WHERE is_holdable)"
        )
        return connection, await cursor.fetchone()

    first = desk.on_connection(leave)
    for _ in range(7):  # psycopg prepares what it sees five times
        second, found = desk.on_connection(look)
        assert second is first
        assert found == ("3s", '"pg_catalog", "public", "sales", "secrets", "vectors", "pg_temp"', 0, 0, 0)


def test_a_write_needs_leave_and_leaves_an_attempt_first(desk):
    before = desk.attempts
    assert desk.failure("INSERT INTO sales.notes VALUES (50, 'x')").code == "sql_needs_write"
    assert desk.attempts == before
    result = desk.run("INSERT INTO sales.notes VALUES (50, 'x'), (51, 'y') RETURNING id", writes=True)
    assert (result.rows, result.extra) == ([[50], [51]], {"affected_rows": 2})
    assert desk.attempts == before + 1
    assert desk.run("DELETE FROM sales.notes WHERE id >= 50", writes=True).extra == {"affected_rows": 2}


def test_a_write_that_changes_too_much_is_rolled_back(desk):
    for text in (
        "INSERT INTO sales.notes SELECT g, 'many' FROM generate_series(100, 105) g",
        "WITH w AS (INSERT INTO sales.notes SELECT g, 'many' FROM generate_series(100, 105) g) SELECT 1",
    ):
        failure = desk.failure(text, writes=True)
        assert (failure.code, "6 rows" in failure.message) == ("AFFECTED_ROW_LIMIT", True)
    assert desk.run("SELECT count(*) FROM sales.notes WHERE body = 'many'").rows == [[0]]


WIDE = "(SELECT string_agg(g::text, ',') FROM generate_series(1, 200000) g)"


@requirement("S12-memory")
@pytest.mark.parametrize(
    "text",
    [
        f"UPDATE sales.notes SET body = 'wide' WHERE id = 1 RETURNING {WIDE}",
        f"INSERT INTO sales.notes VALUES (60, 'wide') RETURNING id, {WIDE};",
        f"WITH w AS (UPDATE sales.notes SET body = 'wide' RETURNING id) SELECT {WIDE} FROM w",
        f"WITH w(i) AS (UPDATE sales.notes SET body = 'wide' RETURNING id) SELECT {WIDE} FROM w",
        f"WITH a AS (SELECT ')('), w AS NOT MATERIALIZED /* ( */ (SELECT 1) DELETE FROM sales.notes RETURNING {WIDE}",
        f"WITH insert AS (SELECT 1), w AS (UPDATE sales.notes SET body = 'wide' RETURNING id) (SELECT {WIDE} FROM w) -- end",
    ],
)
def test_s12_a_write_that_returns_a_huge_value_changes_nothing(desk, text):
    before = desk.run("SELECT * FROM sales.notes ORDER BY id").rows
    assert desk.failure(text, writes=True).code == "RESULT_TOO_LARGE"
    assert desk.run("SELECT * FROM sales.notes ORDER BY id").rows == before


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "INSERT INTO sales.notes VALUES (70, 'a'), (71, 'b') RETURNING body, body, id",
            [["a", "a", 70], ["b", "b", 71]],
        ),
        ("INSERT INTO sales.notes WITH n AS (SELECT 70 AS i) SELECT i, 'n' FROM n RETURNING *", [[70, "n"]]),
        (
            "WITH w AS (INSERT INTO sales.notes VALUES (70, 'c') RETURNING id), v AS (SELECT 'x' AS x) "
            "SELECT id, x FROM w, v UNION ALL SELECT 0, 'y' ORDER BY id DESC",
            [[70, "x"], [0, "y"]],
        ),
        (
            "WITH RECURSIVE r(i) AS (SELECT 70 UNION ALL SELECT i + 1 FROM r WHERE i < 71) "
            "INSERT INTO sales.notes SELECT i, 'r' FROM r RETURNING id",
            [[70], [71]],
        ),
        ("SELECT id FROM sales.notes WHERE id = 1 FOR UPDATE", [[1]]),
    ],
)
def test_a_write_returns_what_it_says(desk, text, rows):
    try:
        assert desk.run(text, writes=True).rows == rows
    finally:
        desk.run("DELETE FROM sales.notes WHERE id >= 70", writes=True)


def test_a_write_that_cannot_be_taken_apart_is_refused(desk):
    text = (
        "WITH RECURSIVE r(i) AS (SELECT 70 UNION ALL SELECT i + 1 FROM r WHERE i < 71) SEARCH BREADTH FIRST BY i SET o "
        "INSERT INTO sales.notes SELECT i, 'r' FROM r RETURNING id"
    )
    failure = desk.failure(text, writes=True)
    assert (failure.code, failure.is_refusal) == ("sql_construct", True)


def test_a_read_only_catalog_takes_no_writes(desk):
    failure = desk.failure("DELETE FROM sales.notes", writes=True, catalog="archive")
    assert (failure.code, failure.is_refusal) == ("CATALOG_READ_ONLY", True)


def test_a_volatile_function_that_nobody_marked_runs_in_no_write(desk):
    assert desk.run("SELECT tax(10)").rows == [["2.0"]]
    failure = desk.failure("UPDATE sales.notes SET body = tax(10)::text", writes=True)
    assert (failure.code, failure.is_refusal) == ("sql_function", True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 'secret-1'::int", "22P02"),
        ("SELECT 1 / (id - id) FROM sales.orders", "22012"),
        ("SELECT amount + name FROM sales.orders, sales.customers", "42883"),
        ("SELECT nothing FROM sales.orders", "42703"),
    ],
)
def test_s16_errors_tell_no_value(desk, text, code):
    failure = desk.failure(text)
    assert failure.code == code
    assert "secret-1" not in failure.message
    assert failure.detail


def test_s16_a_unique_violation_tells_no_value(desk):
    failure = desk.failure("INSERT INTO sales.notes VALUES (1, 'twice')", writes=True)
    assert failure.code == "23505"
    assert "(id)=(1)" not in failure.message
    assert "(id)=(1)" in failure.detail


def test_who_may_use_no_schema_sees_no_catalog(desk):
    caller = Caller(0, frozenset())
    with pytest.raises(NotVisible):
        event_loop.run(free_sql.check(Wanted("strangers", "SELECT 1"), caller=caller, leave=Leave(may_write=False)))
    with pytest.raises(NotVisible):
        event_loop.run(free_sql.check(Wanted("nowhere", "SELECT 1"), caller=desk.caller, leave=Leave(may_write=False)))


def test_one_principal_never_has_all_connections(desk):
    slow = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"

    async def statement(text):
        checked = await free_sql.check(Wanted("strangers", text), caller=desk.caller, leave=Leave(may_write=False))
        return await free_sql.run(checked, Limits(timeout_ms=500), desk.attempt)

    async def both():
        return await asyncio.gather(statement(slow), statement("SELECT 1"), return_exceptions=True)

    first, second = event_loop.run(both())
    assert (type(first), type(second)) == (TimedOut, Busy)


@pytest.fixture
def latin(strangers):  # noqa: F811
    """A database of another encoding, with the same login role."""
    name = f"test_latin_{secrets.token_hex(4)}"
    with as_admin() as admin:
        admin.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            yield replace(strangers.target, database=name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_database_that_is_not_in_utf_8_takes_no_sql(desk, latin):
    async def connect():
        header = await snapshot.header("strangers")
        lane = session.SqlLane(replace(header, database=latin.database, version=header.version + 1), ())
        return await lane.run(lambda connection: connection.execute("SELECT 1"), 5, repeatable=True)

    with pytest.raises(CallFailed) as caught:
        event_loop.run(connect())
    assert caught.value.code == "ENCODING"


FAR = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, $1::int) b"


@requirement("SQL-COST")
@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        (FAR, (1_000_000,)),
        (f"{FAR} -- ; -- the end\n;", (1_000_000,)),
        (f"WITH w AS ({FAR}) SELECT * FROM w", (1_000_000,)),
        (f"INSERT INTO sales.notes (id) {FAR}", (1_000_000,)),
        (f"DELETE FROM sales.notes WHERE id > ({FAR}) RETURNING id", (1_000_000,)),
    ],
)
def test_sql_that_is_expected_to_cost_too_much_is_refused_unrun(desk, text, parameters):
    failure = desk.failure(text, *parameters, catalog="thrifty", writes=True)
    assert (failure.code, failure.is_refusal) == ("PLAN_COST_LIMIT", True)
    assert "and 1000 is the limit here. Nothing was run." in failure.message
    assert desk.run("SELECT id FROM sales.notes", catalog="thrifty").rows == [[1]]


@requirement("SQL-COST")
def test_sql_that_is_expected_to_cost_little_runs_and_a_plan_is_always_shown(desk):
    assert desk.run("SELECT $1::text", "a", catalog="thrifty").rows == [["a"]]
    assert desk.run("VALUES (1); ", catalog="thrifty").rows == [[1]]
    written = desk.run("UPDATE sales.notes SET body = body RETURNING id", catalog="thrifty", writes=True)
    assert written.extra["affected_rows"] == 1
    assert desk.run(f"EXPLAIN {FAR}", 1_000_000, catalog="thrifty").rows


@requirement("SQL-COST")
def test_an_error_of_the_statement_is_told_as_without_a_limit(desk):
    text = "SELECT 1 / (id - id) FROM sales.notes"
    assert desk.failure(text, catalog="thrifty").code == desk.failure(text).code == "22012"
    assert desk.failure("SELECT 'a'::int", catalog="thrifty").code == "22P02"

"""S1 to S19 of sql-safety.md through the tools: refused with our code, nothing sent, one record, and the marker stays in."""

import asyncio
import re
from pathlib import Path

import orjson
import psycopg
import pytest

from audit import event_loop
from catalog import session
from config.asgi import application
from tests.catalog.corpus.cases import CASES
from tests.mcp_endpoint.doors import headers_for, message
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
READ = "execute_sql_read_only"
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%generate_series%'"


@pytest.fixture
def unsent(monkeypatch):
    """Fails the test when anything is sent to the database."""

    async def run(*_args, **_more):
        raise AssertionError("sent")

    monkeypatch.setattr(session.SqlLane, "run", run)


def code(result):
    return result["_meta"]["gatepost/code"]


@requirement("S1-S19-tool")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_the_guard_must_refuse_is_refused_through_the_tool(sql, strangers, recorded, unsent, case):
    is_refused(sql, strangers, recorded, case, "bob", READ)


@requirement("S1-S19-tool")
def test_those_who_may_write_are_refused_too(sql, strangers, recorded, unsent):
    for case in CASES:
        if not case.id.startswith("S3"):  # some of these pass with mcp.write and MODIFY: test_statements.py
            is_refused(sql, strangers, recorded, case, "writer", "execute_sql")


def is_refused(sql, strangers, recorded, case, who, tool):
    before = len(recorded())
    answer = sql.ask("tools/call", {"name": tool, "arguments": {"query": case.text}}, who=who)
    result = answer.json["result"]
    assert result["isError"], case.id
    assert code(result).startswith("sql_"), case.id
    assert strangers.marker not in answer.body.decode()
    [record] = recorded()[before:]
    assert (record.outcome, record.reason) == ("denied", code(result))
    assert case.text not in str((record.details, record.object))


@requirement("S9-tool")
def test_s9_a_grant_by_name_opens_a_view_that_runs_as_its_owner(sql, strangers):
    with psycopg.connect(strangers.admin_url, autocommit=True) as admin:
        assert admin.execute("SELECT amount FROM hr.salaries").fetchone() == (4711,)
    query = {"query": "SELECT amount FROM sales.as_owner"}
    assert code(sql.call(READ, query)) == "sql_runs_as_owner"
    assert sql.rows(READ, query, who="alice")["rows"] == [[4711]]


@requirement("S12-memory")
def test_s12_a_huge_value_stays_out_of_the_gateway(sql):
    huge = "SELECT string_agg(g::text, ',') FROM generate_series(1, 3000000) g"  # 22 MB
    sql.rows(READ, {"query": "SELECT 1"})
    peak = peak_from_now()
    found = sql.rows(READ, {"query": huge})
    assert (found["rows"], found["truncated_by"]) == ([], "bytes")
    assert peak() < 10_000, "KiB"


def peak_from_now():
    """A function that tells how far the peak of this process's memory rose, in KiB (proc(5), clear_refs)."""

    def resident(name):
        return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1])

    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    return lambda: resident("VmHWM") - before


@requirement("S13-gone")
def test_s13_a_client_that_goes_away_ends_its_statement(sql, world, strangers, recorded):
    query = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b"
    value = message("tools/call", {"name": READ, "arguments": {"query": query}})

    async def leave():
        headers = headers_for(value, world.tokens["bob"])
        body = [{"type": "http.request", "body": orjson.dumps(value)}]
        gone = asyncio.Event()

        async def receive():
            if body:
                return body.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(_part):
            raise AssertionError("answered")

        scope = {
            "type": "http",
            "method": "POST",
            "path": sql.path,
            "raw_path": sql.path.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }
        call = asyncio.create_task(application(scope, receive, send))
        async with await psycopg.AsyncConnection.connect(strangers.admin_url, autocommit=True) as admin:

            async def running():
                cursor = await admin.execute(RUNNING + " AND pid <> pg_backend_pid()")
                return (await cursor.fetchone())[0]

            async with asyncio.timeout(5):
                while not await running():
                    await asyncio.sleep(0)
            gone.set()
            async with asyncio.timeout(1):
                while await running():
                    await asyncio.sleep(0)
        await call

    event_loop.run(leave(), 10)
    [record] = recorded()
    assert (record.outcome, record.reason) == ("failed", "cancelled")


@requirement("S14-truncation")
@pytest.mark.parametrize(("rows", "is_truncated"), [(99, False), (100, False), (101, True)])
def test_s14_truncation_is_told_truthfully(sql, rows, is_truncated):
    found = sql.rows(READ, {"query": f"SELECT generate_series(1, {rows})"})
    assert (len(found["rows"]), found["is_truncated"]) == (min(rows, 100), is_truncated)


@requirement("S16-tool")
def test_s16_missing_and_forbidden_are_told_alike(sql):
    texts = {
        name: sql.call(READ, {"query": f"SELECT * FROM {name}"})["content"][0]["text"].replace(name, "x")
        for name in ("secrets.canary", "secrets.nowhere", "nowhere.canary", "hr.salaries", "sales.nowhere")
    }
    assert len(set(texts.values())) == 1


@requirement("S16-tool")
def test_s16_no_value_host_or_role_is_told(sql, control, strangers):
    violation = sql.call("execute_sql", {"query": "INSERT INTO notes VALUES (1, 'x')"}, who="writer")
    assert code(violation) == "23505"
    assert "(1)" not in violation["content"][0]["text"]
    port = strangers.target.port
    control.execute("UPDATE catalog_catalog SET port = 1")
    try:
        until(lambda: sql.call(READ, {"query": "SELECT 1"}).get("isError"))
        result = sql.call(READ, {"query": "SELECT 1"})
    finally:
        control.execute("UPDATE catalog_catalog SET port = %s", [port])
    assert code(result) == "DATABASE_UNREACHABLE"
    for secret in (strangers.target.host, strangers.target.user, strangers.target.database):
        assert secret not in str(result)
    until(lambda: not sql.call(READ, {"query": "SELECT 1"}).get("isError"))


@requirement("S17-tool")
def test_s17_granted_functions_of_every_form_are_called(sql):
    query = (
        "SELECT over(1), sales.over('a'::text), add_all(1, 2, 3), (SELECT half FROM split(5)),"
        " (SELECT count(*) FROM firsts()), twice(1), (SELECT o.label FROM sales.orders o WHERE o.id = 1)"
    )
    assert sql.rows(READ, {"query": query})["rows"] == [[1, 2, 6, 2, 2, [1, 1], "order 1"]]

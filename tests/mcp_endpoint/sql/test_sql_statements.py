"""/api/2.0/sql/statements: the same path as the tools of /sql, in the words of the compatible API."""

import orjson
import pytest

from audit import event_loop
from connections import spending
from tests.mcp_endpoint.doors import DOORS, HOST, through_asgi
from tests.mcp_endpoint.sql.test_long import locked
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
PATH = "/api/2.0/sql/statements"
READ = "SELECT id FROM sales.orders ORDER BY id"


@pytest.fixture
def send(world):
    def send(method, path="", body=None, *, who="bob", door=through_asgi, **headers):
        token = world.tokens.get(who)
        lines = {"Host": HOST, **({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        if body is not None:
            lines["Content-Type"] = "application/json"
        content = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        return door(method, PATH + path, lines, content)

    return send


@pytest.fixture
def run(send):
    def run(statement, *, who="bob", door=through_asgi, **more):
        body = {"statement": statement, "warehouse_id": "strangers", **more}
        answer = send("POST", "", body, who=who, door=door)
        assert answer.status == 200, answer.body
        return answer.json

    return run


def told(document):
    assert document["status"]["state"] == "FAILED", document
    return document["status"]["error"]["message"]


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_rows_come_as_texts_with_their_columns(run, door):
    found = run(
        "SELECT 1 AS a, true AS b, NULL::text AS c, ARRAY[1,2] AS d, '{\"x\": 1}'::jsonb AS e, 1.50 AS f", door=door
    )
    assert found["status"] == {"state": "SUCCEEDED"}
    assert found["result"]["data_array"] == [["1", "true", None, "[1,2]", '{"x":1}', "1.50"]]
    columns = found["manifest"]["schema"]["columns"]
    assert [column["type_name"] for column in columns] == ["INT", "BOOLEAN", "STRING", "ARRAY", "STRING", "DECIMAL"]
    assert [column["type_text"] for column in columns] == ["int4", "bool", "text", "int4[]", "jsonb", "numeric"]
    assert [column["position"] for column in columns] == [0, 1, 2, 3, 4, 5]
    assert found["manifest"]["total_row_count"] == 1
    assert found["manifest"]["truncated"] is False


def test_a_result_without_rows_still_has_its_columns(run):
    found = run("SELECT id FROM sales.orders WHERE false")
    assert found["result"] == {"chunk_index": 0, "row_offset": 0, "row_count": 0, "data_array": []}
    assert [column["name"] for column in found["manifest"]["schema"]["columns"]] == ["id"]


@pytest.mark.parametrize("limit", [{"row_limit": 2}, {"byte_limit": 10}])
def test_limits_are_lowered_and_the_answer_says_that_one_struck(run, limit):
    found = run(READ, **limit)
    assert found["manifest"]["truncated"] is True
    assert found["result"]["row_count"] in {1, 2}
    assert run(READ, row_limit=10**9, byte_limit=10**12)["manifest"]["truncated"] is False


def test_named_values_are_bound_where_they_stand_as_words_and_nowhere_else(run):
    statement = 'SELECT :a, \':a\', $$:a$$, ":a".x, (ARRAY[1,2,3])[1:2], 7::int4 /* :a */, :b + 1, :a -- :b\nFROM (SELECT 1 AS x) AS ":a"'
    values = [{"name": "b", "value": "41", "type": "INT"}, {"name": "a", "value": "x'; DROP TABLE t; --"}]
    found = run(statement, parameters=values)
    hostile = values[1]["value"]
    assert found["result"]["data_array"] == [[hostile, ":a", ":a", "1", "[1,2]", "7", "42", hostile]]


@pytest.mark.parametrize(
    ("type_", "value", "shown", "column"),
    [
        ("STRING", "5", "5", "STRING"),
        ("int", "5", "5", "INT"),
        ("BIGINT", "5", "5", "LONG"),
        ("DECIMAL(5,2)", "1.239", "1.24", "DECIMAL"),
        ("BOOLEAN", "true", "true", "BOOLEAN"),
        ("DATE", "2026-02-28", "2026-02-28", "DATE"),
        ("DOUBLE", "0.5", "0.5", "DOUBLE"),
        ("STRING", None, None, "STRING"),
        (None, "text", "text", "STRING"),
    ],
)
def test_typed_values(run, type_, value, shown, column):
    found = run("SELECT :value", parameters=[{"name": "value", "value": value, "type": type_}])
    assert found["result"]["data_array"] == [[shown]]
    assert found["manifest"]["schema"]["columns"][0]["type_name"] == column


def test_a_value_without_type_is_what_its_place_asks_for(run):
    found = run("SELECT id FROM sales.orders WHERE id = :id", parameters=[{"name": "id", "value": "2"}])
    assert found["result"]["data_array"] == [["2"]]
    assert "[22P02]" in told(run("SELECT :n", parameters=[{"name": "n", "value": "x", "type": "INT"}]))


NAMED = [{"name": "a", "value": "1"}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"statement": None}, "statement"),
        ({"statement": ""}, "statement"),
        ({"statement": 1}, "statement"),
        ({"statement": "SELECT '\0'"}, "statement"),
        ({"statement": "x" * 70_000}, "statement"),
        ({"warehouse_id": "abc123", "catalog": "strangers"}, "warehouse_id"),
        ({"warehouse_id": "gatepost"}, "catalog"),
        ({"format": "ARROW_STREAM"}, "JSON_ARRAY"),
        ({"format": "CSV"}, "JSON_ARRAY"),
        ({"disposition": "EXTERNAL_LINKS"}, "INLINE"),
        ({"wait_timeout": "1s"}, "wait_timeout"),
        ({"wait_timeout": "51s"}, "wait_timeout"),
        ({"wait_timeout": 10}, "wait_timeout"),
        ({"on_wait_timeout": "WAIT"}, "on_wait_timeout"),
        ({"row_limit": 0}, "row_limit"),
        ({"byte_limit": "10"}, "byte_limit"),
        ({"query_tags": []}, "query_tags"),
        ({"parameters": "all"}, "parameters"),
        ({"parameters": [1]}, "parameters"),
        ({"parameters": NAMED * 2}, "parameters"),
        ({"parameters": [{"name": "1", "value": "1"}]}, "name"),
        ({"parameters": [{"name": "a", "value": 1}]}, "value"),
        ({"parameters": [{"name": "a", "type": "MAP"}]}, "type"),
        ({"parameters": [{"name": "a", "type": "int4; DROP"}]}, "type"),
        ({"parameters": [{"name": "a", "ordinal": 1}]}, "ordinal"),
        ({"parameters": NAMED}, "no :a"),
        ({"parameters": NAMED, "statement": "SELECT $1, :a"}, "not $1"),
    ],
)
def test_faults_are_400_and_name_the_field(send, body, field, recorded):
    answer = send("POST", "", {"statement": "SELECT 1", "warehouse_id": "strangers", **body})
    assert answer.status == 400
    assert answer.json["error_code"] == "INVALID_PARAMETER_VALUE"
    assert field in answer.json["message"]
    assert answer.json["details"][1]["field_violations"]
    assert recorded() == []


@pytest.mark.parametrize("more", [{"warehouse_id": "gatepost", "catalog": "strangers"}, {"catalog": "strangers"}, {}])
def test_the_warehouse_is_a_fixed_word_or_the_catalog(run, more):
    assert run("SELECT 1", **more)["status"]["state"] == "SUCCEEDED"


def test_a_schema_is_the_only_one_of_bare_names(run):
    assert run("SELECT id FROM customers", schema="sales")["result"]["row_count"] == 2
    assert "[sql_" in told(run("SELECT id FROM customers", schema="vectors"))
    assert "[not_visible]" in told(run("SELECT 1", schema="secrets"))
    assert told(run("SELECT 1", schema="secrets")).replace("secrets", "x") == told(run("SELECT 1", schema="x"))


def test_what_the_guard_refuses_has_failed_with_its_code_and_sentence(run, sql, recorded):
    statement = "SELECT * FROM secrets.canary"
    found = run(statement)
    by_tool = sql.call("execute_sql", {"query": statement})
    assert told(found) == f"[{by_tool['_meta']['gatepost/code']}] {by_tool['content'][0]['text']}"
    assert found["status"]["error"]["error_code"] == "BAD_REQUEST"
    assert "sql_state" not in found["status"]
    ours, theirs = recorded()
    assert (ours.outcome, ours.reason, ours.action) == (theirs.outcome, theirs.reason, theirs.action)
    assert ours.details == {"url": PATH, "tool": "execute_sql"}


def test_a_failure_of_the_database_is_told_in_our_words(run, recorded):
    found = run("SELECT 1 / (id - 1) FROM sales.orders ORDER BY id")
    assert found["status"]["sql_state"] == "22012"
    assert told(found) == "[22012] Something is divided by zero."
    assert "Ada" not in told(run("SELECT name::int FROM sales.customers"))
    assert "division by zero" in recorded()[0].parameters["error"]


def test_a_statement_is_one_record_with_what_was_run(run, recorded):
    run("SELECT :a", parameters=NAMED)
    (record,) = recorded()
    assert (record.action, record.outcome, record.object) == ("mcp.tools/call", "allowed", "strangers")
    assert (record.principal_name, record.row_count) == ("bob@example.com", 1)
    assert record.details == {"url": PATH, "tool": "execute_sql"}
    assert record.parameters["arguments"] == {"query": "SELECT ($1)", "parameters": ["1"]}


WRITE = "UPDATE sales.notes SET body = body WHERE id = 1"


@requirement("SQL-WRITE")
def test_a_write_needs_its_scope(send, run, recorded):
    answer = send("POST", "", {"statement": WRITE, "warehouse_id": "strangers"})
    assert (answer.status, answer.json["error_code"]) == (403, "PERMISSION_DENIED")
    assert 'error="insufficient_scope", scope="mcp.write"' in answer.headers["www-authenticate"]
    assert [(record.outcome, record.reason) for record in recorded()] == [("denied", "insufficient_scope")]
    assert "[sql_" in told(run("UPDATE sales.orders SET id = id", who="writer"))  # no MODIFY there


@requirement("SQL-WRITE")
def test_a_write_is_on_record_before_it_is_done_and_tells_how_much_it_changed(run, recorded):
    found = run(WRITE, who="writer")
    assert found["result"]["data_array"] == [["1"]]
    assert found["manifest"]["schema"]["columns"][0]["name"] == "num_affected_rows"
    assert [record.outcome for record in recorded()] == ["attempt", "allowed"]
    assert run(f"{WRITE} RETURNING id", who="writer")["manifest"]["schema"]["columns"][0]["name"] == "id"


def test_a_catalog_whose_writes_a_person_confirms_is_not_written(run, control):
    control.execute("UPDATE catalog_catalog SET confirm_writes = 'always'")
    try:
        until(lambda: run(WRITE, who="writer")["status"]["state"] == "FAILED")
        assert "[CONFIRMATION_NEEDED]" in told(run(WRITE, who="writer"))
    finally:
        control.execute("UPDATE catalog_catalog SET confirm_writes = 'never'")
    until(lambda: run(WRITE, who="writer")["status"]["state"] == "SUCCEEDED")


def test_what_runs_in_the_background_counts_under_a_budget(send, run, control, strangers):
    control.execute(
        "INSERT INTO connections_budget (level, subject, concurrent_calls, updated_at)"
        " VALUES ('catalog', 'strangers', 1, now())"
    )
    try:
        until(lambda: event_loop.run(spending._budgets.read("all", spending._load)))
        with locked(strangers, "sales.orders"):
            id_ = run(READ, wait_timeout="0s")["statement_id"]
            refused = run("SELECT 1")
            assert "[BUDGET_CONCURRENT_CALLS]" in told(refused)
            assert refused["status"]["error"]["error_code"] == "RESOURCE_EXHAUSTED"
        until(lambda: run("SELECT 1")["status"]["state"] == "SUCCEEDED")
        assert ended(send, id_)["status"]["state"] == "SUCCEEDED"
    finally:
        control.execute("DELETE FROM connections_budget")


def test_a_catalog_that_one_may_not_see_is_not_there(send):
    def answer(catalog, who):
        return send("POST", "", {"statement": "SELECT 1", "warehouse_id": catalog}, who=who)

    unseen, missing = answer("strangers", "charlie"), answer("nothing", "bob")
    assert (unseen.status, unseen.json["error_code"]) == (404, "CATALOG_DOES_NOT_EXIST")
    assert missing.status == 404
    assert unseen.json["message"].replace("strangers", "nothing") == missing.json["message"]


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_who_may_come_in(world, send, door):
    body = {"statement": "SELECT 1", "warehouse_id": "strangers"}
    assert send("POST", "", body, who="nobody", door=door).headers["www-authenticate"] == 'Bearer realm="gatepost"'
    world.tokens["wrong"] = "gp_pat_wrong"
    wrong = send("POST", "", body, who="wrong", door=door)
    assert (wrong.status, wrong.json["error_code"]) == (401, "UNAUTHENTICATED")
    assert "invalid_token" in wrong.headers["www-authenticate"]
    narrow = send("POST", "", body, who="tables", door=door)
    assert (narrow.status, 'scope="sql"' in narrow.headers["www-authenticate"]) == (403, True)
    world.tokens["elsewhere"] = world.token("bob", "mcp.sql", resources=["/api/2.0/mcp/sql/strangers"])
    assert send("POST", "", body, who="elsewhere", door=door).status == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "", 405, "ENDPOINT_NOT_FOUND"),
        ("DELETE", "/" + "0" * 32, 405, "ENDPOINT_NOT_FOUND"),
        ("GET", "/" + "0" * 32, 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "/" + "0" * 32 + "/result/chunks/0", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("POST", "/" + "0" * 32 + "/cancel", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", "/", 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "s", 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "/../x", 404, "ENDPOINT_NOT_FOUND"),
    ],
)
def test_what_is_not_there_is_json(send, method, path, status, code):
    answer = send(method, path)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json["error_code"] == code


def test_what_cannot_be_read_is_refused(send):
    for body, status in ((b"{", 400), (b'{"statement":"a","statement":"b"}', 400), (b"x" * 2_000_000, 413)):
        answer = send("POST", "", body)
        assert (answer.status, answer.json["error_code"]) == (status, "MALFORMED_REQUEST")
    assert send("POST", "", b"[]").json["error_code"] == "INVALID_PARAMETER_VALUE"
    assert send("POST", "", {}, Host="evil.example").status == 421


def ended(send, id_, **how):
    answers = []
    until(lambda: answers.append(send("GET", f"/{id_}", **how).json) or answers[-1]["status"]["state"] != "RUNNING")
    return answers[-1]


@requirement("SQL-LONG")
def test_a_statement_in_the_background_is_fetched_later_by_its_owner_only(send, run, strangers):
    with locked(strangers, "sales.orders"):
        begun = run(READ, wait_timeout="0s", on_wait_timeout="CANCEL")
        id_ = begun["statement_id"]
        assert begun == {"statement_id": id_, "status": {"state": "RUNNING"}}
        assert send("GET", f"/{id_}", who="alice").status == 404
        assert send("POST", f"/{id_}/cancel", who="alice").status == 404
        assert send("GET", f"/{id_}/result/chunks/0").status == 400
    found = ended(send, id_)
    assert found["result"]["data_array"] == [["1"], ["2"], ["3"]]
    assert send("GET", f"/{id_}/result/chunks/0").json == found["result"]
    assert send("GET", f"/{id_}/result/chunks/1").status == 404


def test_the_handle_works_for_the_tools_too(run, sql, strangers):
    with locked(strangers, "sales.orders"):
        id_ = run(READ, wait_timeout="0s")["statement_id"]
        assert sql.rows("cancel_sql", {"statement_id": id_})["state"] == "RUNNING"
    until(lambda: "gatepost/code" in sql.call("poll_sql_result", {"statement_id": id_})["_meta"])


def test_a_statement_is_cancelled(send, run, strangers):
    with locked(strangers, "sales.orders"):
        id_ = run(READ, wait_timeout="0s")["statement_id"]
        assert send("POST", f"/{id_}/cancel", {}).json == {}
        assert ended(send, id_) == {"statement_id": id_, "status": {"state": "CANCELED"}}


def test_a_statement_that_takes_longer_than_the_call_waits_can_be_ended_with_it(run, strangers, monkeypatch):
    monkeypatch.setattr("mcp_endpoint.sql_statements.fields.int", lambda text: 0.2, raising=False)
    with locked(strangers, "sales.orders"):
        found = run(READ, wait_timeout="5s", on_wait_timeout="CANCEL")
        assert found["status"] == {"state": "CANCELED"}
        assert run(READ, wait_timeout="5s")["status"] == {"state": "RUNNING"}


def test_what_was_answered_is_kept_too_and_what_was_refused_is_not(send, run):
    found = run(READ)
    assert send("GET", f"/{found['statement_id']}").json == found
    failed = run("SELECT 1 / (id - 1) FROM sales.orders")
    again = send("GET", f"/{failed['statement_id']}").json
    assert again == failed
    refused = run("SELECT * FROM secrets.canary")
    assert send("GET", f"/{refused['statement_id']}").status == 404


def test_hundreds_of_rows_are_answered_and_kept_as_few_are(world, send, run, control):
    control.execute("UPDATE catalog_catalog SET row_limit = 1000")
    try:
        statement = "SELECT g FROM generate_series(1, 500) AS g"
        until(lambda: run(statement)["manifest"]["total_row_count"] == 500)
        found = run(statement)
        assert found["result"]["data_array"][499] == ["500"]
        assert send("GET", f"/{found['statement_id']}").json == found
    finally:
        control.execute("UPDATE catalog_catalog SET row_limit = 100")

"""accounts.api.audit_exports"""

import csv
import json
from io import StringIO

import pytest
from django.db import transaction

from audit import chain, export, record
from audit.event import By, Event
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db
EXPORT, VERIFY = "/api/gatepost/v1/audit/export", "/api/gatepost/v1/audit/verify"


@pytest.fixture
def auditor(caller, dora):
    return caller(dora)


@pytest.fixture
def records(alice):
    by = By(principal_id=alice.pk, principal_name="=cmd()", scopes=("sql", "mcp.sql"))
    with transaction.atomic():
        for number in range(3):
            event = Event(
                action="mcp.tools/call",
                outcome="denied" if number else "allowed",
                by=by,
                object=f"demo.{number}",
                details={"n": number},
                statement="SELECT 'a,\n\"b\"'",
            )
            record.write(event)


def text_of(answer):
    return b"".join(answer.streaming_content).decode()


def test_json_lines_hold_the_records_oldest_first(auditor, records):
    answer = auditor.send("GET", f"{EXPORT}?action=mcp.tools/call")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/x-ndjson", "no-store")
    rows = [json.loads(line) for line in text_of(answer).splitlines()]
    assert [row["object"] for row in rows] == ["demo.0", "demo.1", "demo.2"]
    assert (rows[1]["decision"], rows[1]["details"], rows[1]["scopes"]) == ("denied", {"n": 1}, ["sql", "mcp.sql"])
    assert "statement" not in rows[0]


def test_csv_is_quoted_and_calculates_nothing_in_a_spreadsheet(auditor, records):
    answer = auditor.send("GET", f"{EXPORT}?format=csv&decision=denied&action=mcp.tools/call&include=statement")
    rows = list(csv.DictReader(StringIO(text_of(answer))))
    assert [row["object"] for row in rows] == ["demo.1", "demo.2"]
    assert rows[0]["principal_name"] == "'=cmd()"
    assert rows[0]["statement"] == "SELECT 'a,\n\"b\"'"
    assert json.loads(rows[0]["details"]) == {"n": 1}


def test_a_file_is_bounded_and_says_where_the_next_begins(auditor, records, monkeypatch):
    monkeypatch.setattr(export, "MOST", 2)
    wanted = "action=mcp.tools/call"
    first = auditor.send("GET", f"{EXPORT}?{wanted}")
    following = first["X-Next-From"].replace("+", "%2B")
    second = auditor.send("GET", f"{EXPORT}?{wanted}&from={following}")
    assert len(text_of(first).splitlines()) == 2
    assert [json.loads(line)["object"] for line in text_of(second).splitlines()] == ["demo.2"]
    assert "X-Next-From" not in second


def test_the_export_is_recorded_with_its_filters(auditor, records):
    auditor.send("GET", f"{EXPORT}?decision=denied&format=csv")
    event = AuditEvent.objects.get(action="audit.export")
    assert event.details == {"filters": {"decision": "denied", "format": "csv"}}


@pytest.mark.parametrize("query", ["format=xml", "decision=maybe", "from=yesterday", "include=all", "nonsense=1"])
def test_a_wrong_parameter_is_400(auditor, query):
    assert auditor.send("GET", f"{EXPORT}?{query}").status_code == 400


def test_only_auditors_export_and_verify(caller, alice, bob, etl):
    for person in (alice, bob, etl):
        for path in (EXPORT, VERIFY):
            assert caller(person).send("GET", path).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_chain_is_verified(auditor, records):
    chain.seal()
    found = auditor.send("GET", f"{VERIFY}?from=2020-01-01T00:00:00Z").json()
    assert (found["ok"], found["checked"]) == (True, 3)
    assert set(found) == {"ok", "checked", "sealed_until"}

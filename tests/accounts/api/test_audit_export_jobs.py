"""accounts.api.audit_export_jobs, and audit.exports below it."""

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.db import transaction
from django.utils import timezone

from audit import exports, record, tasks
from audit.event import By, Event
from audit.models import AuditEvent, AuditExport, AuditExportPiece
from jobs import outbox
from jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
EXPORTS = "/api/gatepost/v1/audit/exports"
CALLS = {"action": "mcp.tools/call"}


@pytest.fixture
def auditor(caller, dora):
    return caller(dora)


def call(number):
    event = Event(
        action="mcp.tools/call",
        outcome="denied" if number else "allowed",
        by=By(principal_name="bob@example.com"),
        object=f"demo.{number}",
        statement="SELECT 'ä,\n\"b\"'",
    )
    with transaction.atomic():
        record.write(event)


@pytest.fixture
def calls(db):
    for number in range(3):
        call(number)


def made(auditor, **body):
    answer = auditor.send("POST", EXPORTS, {**CALLS, **body})
    assert answer.status_code == 202, answer.content
    return answer.json()["id"]


def content(auditor, one):
    answer = auditor.send("GET", f"{EXPORTS}/{one}/content")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content)
    assert answer["Content-Length"] == str(len(text))
    return text.decode(), answer


def test_a_file_is_made_in_the_background_and_fetched(auditor, calls, dora):
    one = made(auditor, decision="denied")
    waiting = auditor.get(f"{EXPORTS}/{one}").json()
    assert (waiting["state"], waiting["progress"]) == ("queued", 0)
    refused = auditor.send("GET", f"{EXPORTS}/{one}/content")
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_STATE")
    outbox.run_due()
    shown = auditor.get(f"{EXPORTS}/{one}").json()
    assert (shown["state"], shown["progress"], shown["rows"], shown["created_by"]) == ("done", 100, 2, dora.pk)
    assert shown["filters"] == {"action": "mcp.tools/call", "decision": "denied"}
    assert "include" not in shown
    text, answer = content(auditor, one)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/x-ndjson", "no-store")
    assert len(text.encode()) == shown["bytes"]
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["object"] for row in rows] == ["demo.1", "demo.2"]
    assert "statement" not in rows[0]


def test_csv_with_statements_in_many_pieces_is_what_it_would_be_in_one(auditor, calls, monkeypatch):
    monkeypatch.setattr(exports, "_PIECE", 10)
    one = made(auditor, format="csv", include="statement")
    outbox.run_due()
    rows = list(csv.DictReader(StringIO(content(auditor, one)[0])))
    assert [row["object"] for row in rows] == ["demo.0", "demo.1", "demo.2"]
    assert rows[0]["statement"] == "SELECT 'ä,\n\"b\"'"
    shown = auditor.get(f"{EXPORTS}/{one}").json()
    assert (shown["rows"], shown["include"]) == (3, "statement")
    assert AuditExportPiece.objects.count() == 4


def test_records_that_come_after_the_call_are_not_in_the_file(auditor, calls):
    one = made(auditor)
    call(7)
    outbox.run_due()
    assert auditor.get(f"{EXPORTS}/{one}").json()["rows"] == 3


def test_nothing_found_is_an_empty_file(auditor):
    one = made(auditor)
    outbox.run_due()
    assert content(auditor, one)[0] == ""
    assert auditor.get(f"{EXPORTS}/{one}").json()["rows"] == 0


def test_who_exported_who_fetched_and_who_deleted_is_recorded(auditor, calls, dora):
    one = made(auditor, decision="denied", include="statement")
    outbox.run_due()
    content(auditor, one)
    assert auditor.send("DELETE", f"{EXPORTS}/{one}").json() == {}
    found = AuditEvent.objects.filter(action__startswith="audit.export.").order_by("id")
    assert [(event.action, event.principal_id, event.object) for event in found] == [
        (f"audit.export.{verb}", dora.pk, one) for verb in ("create", "download", "delete")
    ]
    assert found[0].details == {
        "filters": {"action": "mcp.tools/call", "decision": "denied"},
        "format": "ndjson",
        "statements": True,
    }
    assert auditor.send("DELETE", f"{EXPORTS}/{one}").status_code == 404
    assert not AuditExportPiece.objects.exists()


def test_an_export_that_is_deleted_before_it_is_made_needs_nothing(auditor, calls):
    one = made(auditor)
    auditor.send("DELETE", f"{EXPORTS}/{one}")
    assert outbox.run_due() == 1
    assert Job.objects.get(kind=exports.KIND).state == "done"


@pytest.mark.parametrize(
    "body",
    [
        {"format": "xml"},
        {"include": "all"},
        {"decision": "maybe"},
        {"from": "yesterday"},
        {"address": "x"},
        {"text": "y"},
        {"principal": 7},
        {"object": "\0"},
    ],
)
def test_a_wrong_field_is_400_that_names_it_and_makes_nothing(auditor, body):
    answer = auditor.send("POST", EXPORTS, body)
    violations = answer.json()["details"][-1]["field_violations"]
    assert (answer.status_code, violations[0]["field"]) == (400, next(iter(body)))
    assert not AuditExport.objects.exists()


def test_a_repeated_call_with_a_key_makes_one_file(auditor, calls):
    first, again = (auditor.send("POST", EXPORTS, CALLS, **{"Idempotency-Key": "one"}).json() for _ in range(2))
    assert first["id"] == again["id"]
    assert AuditExport.objects.count() == Job.objects.filter(kind=exports.KIND).count() == 1


def test_only_auditors_have_exports(caller, alice, bob, etl, auditor):
    one = made(auditor)
    for person in (alice, bob, etl):
        for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{one}"), ("GET", f"/{one}/content")):
            assert caller(person).send(method, EXPORTS + path).status_code == 403
        assert caller(person).send("DELETE", f"{EXPORTS}/{one}").status_code == 403


@pytest.mark.parametrize("export_id", ["6a7e0e9e-6f6e-4a53-9d35-d9b1b0ea4b2f", "x"])
def test_what_does_not_exist_is_404(auditor, export_id):
    for path in (f"{EXPORTS}/{export_id}", f"{EXPORTS}/{export_id}/content"):
        assert auditor.get(path).json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_exports_are_listed_newest_first_in_pages(auditor):
    ids = [made(auditor) for _ in range(3)]
    page = auditor.get(f"{EXPORTS}?page_size=2").json()
    following = auditor.get(f"{EXPORTS}?page_size=2&page_token={page['next_page_token']}").json()
    assert [row["id"] for row in page["exports"] + following["exports"]] == ids[::-1]
    assert auditor.get(f"{EXPORTS}?state=done").status_code == 400


def test_there_is_a_limit_to_what_is_kept(auditor, monkeypatch):
    monkeypatch.setattr(exports, "MOST_KEPT", 1)
    one = made(auditor)
    refused = auditor.send("POST", EXPORTS, CALLS)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "QUOTA_EXCEEDED")
    auditor.send("DELETE", f"{EXPORTS}/{one}")
    made(auditor)


@pytest.mark.parametrize("limit", ["MOST_RECORDS", "MOST_BYTES"])
def test_a_file_that_would_be_too_large_fails_at_once_and_says_what_to_do(auditor, calls, monkeypatch, limit):
    monkeypatch.setattr(exports, limit, 2)
    one = made(auditor)
    outbox.run_due()
    shown = auditor.get(f"{EXPORTS}/{one}").json()
    assert shown["state"] == "failed"
    assert shown["error"].endswith("Narrow it with from and to.")
    assert not AuditExportPiece.objects.exists()
    refused = auditor.send("GET", f"{EXPORTS}/{one}/content").json()
    assert (refused["error_code"], shown["error"] in refused["message"]) == ("INVALID_STATE", True)


def test_after_seven_days_a_file_is_gone(auditor, calls):
    one, other = made(auditor), made(auditor)
    outbox.run_due()
    kept = auditor.get(f"{EXPORTS}/{one}").json()
    assert kept["expire_time"] > kept["create_time"]
    AuditExport.objects.filter(pk=one).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert auditor.get(f"{EXPORTS}/{one}").status_code == 404
    assert tasks.sweep_exports(None) == {"exports": 1}
    assert [str(pk) for pk in AuditExportPiece.objects.values_list("export_id", flat=True)] == [other]


def test_a_file_whose_worker_died_is_made_again_by_another(auditor, calls, monkeypatch):
    monkeypatch.setattr(exports, "_PIECE", 10)
    one = made(auditor)

    def die(export, work):
        AuditExportPiece.objects.create(export=export, attempt=work.attempt, number=0, content=b"half")
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(exports, "_write", die)
        with pytest.raises(SystemExit):
            outbox.run_due()
    assert auditor.get(f"{EXPORTS}/{one}").json()["state"] == "running"
    Job.objects.update(heartbeat_at=timezone.now() - 2 * outbox.STALE)
    outbox.run_due()
    assert len(content(auditor, one)[0].splitlines()) == 3
    assert set(AuditExportPiece.objects.values_list("attempt", flat=True)) == {2}


def test_a_worker_that_was_believed_dead_and_comes_late_changes_nothing(auditor, calls):
    one = made(auditor)
    outbox.run_due()
    before = content(auditor, one)[0]
    export = AuditExport.objects.get()
    late = outbox.Work(export.job_id, exports.KIND, "", {"export": str(one)}, attempt=7)
    rows, size = exports._write(export, late)
    exports._finish(export, late, rows, size)
    assert content(auditor, one)[0] == before
    assert set(AuditExportPiece.objects.values_list("attempt", flat=True)) == {1}


def test_a_download_holds_one_piece_at_a_time(auditor, calls, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(exports, "_PIECE", 10)
    one = made(auditor)
    outbox.run_due()
    answer = auditor.send("GET", f"{EXPORTS}/{one}/content")
    parts = iter(answer.streaming_content)
    with django_assert_num_queries(2):  # the keys of the pieces, and the first piece
        next(parts)
    with django_assert_num_queries(1):
        next(parts)

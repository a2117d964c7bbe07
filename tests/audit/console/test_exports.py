"""audit.console.exports"""

import pytest
from django.db import transaction
from django.urls import reverse

from audit import exports, record
from audit.event import By, Event
from audit.models import AuditEvent, AuditExport
from jobs import outbox
from tests.console import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def records(bob):
    for outcome in ("allowed", "denied"):
        by = By(principal_id=bob.id, principal_kind="person", principal_name=bob.email)
        event = Event(action="mcp.tools/call", outcome=outcome, by=by, object="demo.sales", statement="SELECT 1")
        with transaction.atomic():
            record.write(event)


def page(**filters):
    return reverse("console-audit-exports", query=filters)


def file_of(made):
    return reverse("console-audit-export-file", args=[made.pk])


def test_what_the_filters_of_the_log_let_through_is_in_the_file(dora, records):
    browser = signed_in(dora)
    url = page(outcome="denied", principal="BOB", action="mcp.", within="24h", q="sales")
    assert browser.post(url, {"format": "csv", "whole": "on"}).status_code == 302
    outbox.run_due()
    shown = browser.get(page()).content.decode()
    assert ("Outcome: denied" in shown, "Text: sales" in shown, "1 record" in shown) == (True, True, True)
    answer = browser.get(file_of(AuditExport.objects.get()))
    heading, row = b"".join(answer.streaming_content).decode().splitlines()
    assert heading.endswith("statement,parameters")
    assert "SELECT 1" in row
    assert list(AuditEvent.objects.filter(action__startswith="audit.export").values_list("action", "principal_id")) == [
        ("audit.export.create", dora.id),
        ("audit.export.download", dora.id),
    ]


def test_without_a_tick_the_file_has_no_sql(dora, records):
    browser = signed_in(dora)
    browser.post(page(), {"format": "csv"})
    outbox.run_due()
    answer = browser.get(file_of(AuditExport.objects.get()))
    assert b"SELECT 1" not in b"".join(answer.streaming_content)


def test_a_file_that_is_not_done_leads_back_with_the_reason(dora):
    browser = signed_in(dora)
    browser.post(page(), {"format": "csv"})
    answer = browser.get(file_of(AuditExport.objects.get()), follow=True)
    assert "The export is not done yet." in answer.content.decode()


def test_a_limit_is_told_and_nothing_is_made(dora, monkeypatch):
    monkeypatch.setattr(exports, "MOST_KEPT", 0)
    answer = signed_in(dora).post(page(), {"format": "csv"})
    assert (answer.status_code, "the most there can be" in answer.content.decode()) == (422, True)
    assert not AuditExport.objects.exists()


@pytest.mark.parametrize("form", [{"format": "xml"}, {}])
def test_an_unknown_format_is_refused(dora, form):
    assert signed_in(dora).post(page(), form).status_code == 422


def test_filters_that_cannot_be_read_are_404(dora):
    browser = signed_in(dora)
    assert browser.get(page(outcome="maybe")).status_code == 404
    assert browser.post(page(outcome="maybe"), {"format": "csv"}).status_code == 404


def test_only_auditors_see_exports(alice, bob, dora):
    signed_in(dora).post(page(), {"format": "csv"})
    for person in (alice, bob):
        browser = signed_in(person)
        assert browser.get(page()).status_code == 403
        assert browser.post(page(), {"format": "csv"}).status_code == 403
        assert browser.get(file_of(AuditExport.objects.get())).status_code == 403

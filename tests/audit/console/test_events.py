from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from audit import record
from audit.event import By, Event
from audit.models import AuditEvent
from tests.console import signed_in


def write(person, **fields):
    by = By(principal_id=person.id, principal_kind="person", principal_name=person.email)
    event = Event(action="mcp.tools/call", outcome="allowed", by=by, **fields)
    with transaction.atomic():
        record.write(event)
    return event


@pytest.fixture
def of_bob(bob):
    return write(bob, object="demo.sales.get_customer", statement="SELECT 'top secret'", parameters={"id": 4711})


def detail(event):
    return reverse("console-audit-event", args=[event.event_id])


def test_a_member_sees_own_events_only(bob, charlie, of_bob):
    of_charlie = write(charlie)
    browser = signed_in(charlie)
    assert browser.get(detail(of_bob)).status_code == 404
    assert browser.get(detail(of_charlie)).status_code == 200
    assert "get_customer" not in browser.get(reverse("console-audit-log")).content.decode()


def test_only_an_auditor_sees_sql_and_parameters(alice, bob, dora, of_bob):
    for person, sees in ((alice, False), (bob, False), (dora, True)):
        page = signed_in(person).get(detail(of_bob)).content.decode()
        assert ("top secret" in page) is sees
        assert ("4711" in page) is sees
        assert ("Visible to auditors" in page) is not sees


def test_a_look_of_an_auditor_at_sql_is_recorded(dora, of_bob):
    browser = signed_in(dora)
    browser.get(detail(of_bob))
    listed = browser.get(reverse("console-audit-log"), {"action": "audit.read_statement"}).context["page"].rows
    assert [(event.principal_id, event.object) for event in listed] == [(dora.id, str(of_bob.event_id))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "get_customer"}, True),
        ({"q": "other"}, False),
        ({"principal": "BOB"}, True),
        ({"principal": "charlie"}, False),
        ({"action": "mcp."}, True),
        ({"outcome": "denied"}, False),
        ({"outcome": "allowed", "within": "15m"}, True),
        ({"outcome": "nonsense"}, False),
        ({"q": "\0"}, False),
    ],
)
def test_each_filter_narrows_the_list(alice, of_bob, query, found):
    page = signed_in(alice).get(reverse("console-audit-log"), query)
    assert page.status_code == 200
    assert (of_bob.event_id in [event.event_id for event in page.context["page"].rows]) is found


def test_events_of_one_moment_are_neither_lost_nor_repeated_between_pages(alice, bob):
    at = datetime.now(UTC) - timedelta(hours=1)
    written = {write(bob, at=at).event_id for _ in range(60)}
    browser = signed_in(alice)
    first = browser.get(reverse("console-audit-log"), {"q": "mcp"}).context["page"]
    second = browser.get(first.older_url).context["page"]
    seen = [event.event_id for event in (*first.rows, *second.rows)]
    assert len(seen) == 60
    assert set(seen) == written


@pytest.mark.parametrize("position", ["x", "2026-01-01T00:00:00+00:00~x", f"2026-01-01T00:00:00+00:00~{10**30}"])
def test_a_position_that_cannot_be_read_does_no_harm(alice, position):
    assert signed_in(alice).get(reverse("console-audit-log"), {"older": position}).status_code == 200


def test_an_auditor_takes_the_filtered_records_along_as_a_file(alice, dora):
    browser = signed_in(dora)
    signed_in(alice)
    answer = browser.get(reverse("console-audit-export"), {"format": "csv", "principal": "alice"})
    _heading, row = b"".join(answer.streaming_content).decode().splitlines()
    assert "sign_in" in row
    assert AuditEvent.objects.get(action="audit.export").details["filters"]["principal"] == "alice"
    assert browser.get(reverse("console-audit-export"), {"format": "xml"}).status_code == 404
    assert b"There is no seal yet." in browser.get(reverse("console-audit-chain")).content
    for name in ("console-audit-export", "console-audit-chain"):
        assert signed_in(alice).get(reverse(name)).status_code == 403

"""accounts.api.audit_events"""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit import record
from audit.event import By, Event
from audit.models import AuditEvent
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/audit/events"


@pytest.fixture
def records(alice, bob):
    start = timezone.now() - timedelta(hours=1)
    for number, (who, action, outcome, what) in enumerate(
        [
            (alice, "integration.create", "allowed", "one"),
            (bob, "mcp.tools/call", "allowed", "demo.sales.orders"),
            (bob, "mcp.tools/call", "denied", "demo.salesman"),
        ]
    ):
        by = By(principal_id=who.pk, principal_kind="person", principal_name=who.email, request_id=f"r{number}")
        event = Event(
            action=action,
            outcome=outcome,
            by=by,
            object=what,
            statement="SELECT 1" if who is bob else None,
            parameters={"n": 1} if who is bob else None,
            at=start + timedelta(minutes=number),
        )
        with transaction.atomic():
            record.write(event)
    return start


def seen(client, **filters):
    answer = client.get(X, filters)
    assert answer.status_code == 200, answer.content
    return answer.json()["events"]


def test_newest_come_first_and_admins_see_metadata_of_all(admin, records):
    shown = seen(admin)
    assert [event["request_id"] for event in shown] == ["r2", "r1", "r0"]
    assert shown[1]["decision"] == "allowed"
    assert isinstance(shown[1]["principal_id"], int)
    assert not {"statement", "parameters"} & set(shown[1])
    assert admin.get(X, {"include": "statement"}).status_code == 403


@requirement("M9-auditors")
def test_an_auditor_sees_statements_when_asking_and_that_is_recorded(caller, dora, records):
    auditor = caller(dora)
    assert "statement" not in seen(auditor)[0]
    (event,) = seen(auditor, include="statement", request_id="r1")
    assert (event["statement"], event["parameters"]) == ("SELECT 1", {"n": 1})
    look = AuditEvent.objects.get(action="audit.read_statement")
    assert (look.principal_id, look.details["filters"]["request_id"]) == (dora.pk, "r1")


def test_others_see_their_own_and_service_accounts_nothing(caller, bob, charlie, etl, records):
    assert len(seen(caller(bob))) == 2
    assert seen(caller(charlie)) == []
    assert caller(etl).get(X).status_code == 403
    assert caller(bob, "mcp.functions").get(X).status_code == 403


def test_each_filter_narrows(admin, bob, records):
    def ids(**filters):
        return [event["request_id"] for event in seen(admin, **filters)]

    assert ids(principal="BOB@example.com") == ids(principal=str(bob.pk)) == ["r2", "r1"]
    assert ids(action="integration") == ids(action="integration.create") == ["r0"]
    assert ids(action="integ") == []
    assert ids(decision="denied") == ["r2"]
    assert ids(object="demo.sales") == ["r1"]
    assert ids(request_id="r1", decision="allowed") == ["r1"]
    middle = (records + timedelta(minutes=1)).isoformat()
    assert ids(**{"from": middle}) == ["r2", "r1"]
    assert ids(to=middle) == ["r0"]


@pytest.mark.parametrize(
    "filters",
    [
        {"from": "yesterday"},
        {"to": "2026-03-31T15:00:00"},
        {"from": "2026-13-31T15:00:00Z"},
        {"decision": "maybe"},
        {"address": "here"},
        {"include": "secrets"},
        {"princpal": "x"},
        {"page_size": "-1"},
        {"page_token": "x"},
        {"principal": "a\0b"},
    ],
)
def test_a_filter_that_cannot_be_read_is_400(admin, records, filters):
    answer = admin.get(X, filters)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_paging_walks_over_all_and_a_token_is_bound_to_its_filter(admin, records):
    first = admin.get(X, {"page_size": "2"}).json()
    second = admin.get(X, {"page_size": "2", "page_token": first["next_page_token"]}).json()
    assert [event["request_id"] for event in first["events"] + second["events"]] == ["r2", "r1", "r0"]
    assert "next_page_token" not in second
    other = {"page_size": "2", "decision": "allowed", "page_token": first["next_page_token"]}
    assert admin.get(X, other).status_code == 400

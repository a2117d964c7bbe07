"""audit.chain: what is sealed stays as it was, or the chain tells."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit import chain, control_database, record
from audit.event import Event
from audit.models import AuditEvent, AuditSeal
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


def written(number, **fields):
    with transaction.atomic():
        for _ in range(number):
            record.write(Event(action="test", outcome="allowed", details={"ü": 1.5}, **fields))


def by_force(statement):
    """Change what the database refuses to change, as who owns it can."""
    with transaction.atomic(), connection.cursor() as cursor:
        for switch in ("DISABLE", "ENABLE"):
            cursor.execute(f"ALTER TABLE audit_auditevent {switch} TRIGGER audit_append_only")
            cursor.execute(f"ALTER TABLE audit_auditseal {switch} TRIGGER audit_seal_append_only")
            if switch == "DISABLE":
                cursor.execute(statement)


@requirement("M9-chain")
def test_the_chain_verifies_after_each_seal_and_counts_what_it_covers(monkeypatch):
    monkeypatch.setattr(chain, "_RUN", 3)
    assert (chain.seal(), chain.verify().ok, chain.verify().sealed_until) == (0, True, None)
    written(7)
    assert chain.unsealed() == 7
    assert (chain.seal(), AuditSeal.objects.count(), chain.seal()) == (7, 3, 0)
    written(1, statement="SELECT 1", parameters={"a": [None, True]})
    assert chain.seal() == 1
    found = chain.verify()
    assert (found.ok, found.checked, found.next_from, chain.unsealed()) == (True, 8, None, 0)


@requirement("M9-chain")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_auditevent SET outcome = 'denied' WHERE id = (SELECT min(id) + 1 FROM audit_auditevent)",
        "UPDATE audit_auditevent SET at = at + interval '1 microsecond' WHERE id = (SELECT min(id) FROM audit_auditevent)",
        "DELETE FROM audit_auditevent WHERE id = (SELECT min(id) + 2 FROM audit_auditevent)",
        "UPDATE audit_auditseal SET record_count = record_count + 1 WHERE id = (SELECT min(id) FROM audit_auditseal)",
        "DELETE FROM audit_auditseal WHERE id = (SELECT min(id) FROM audit_auditseal)",
    ],
)
def test_a_record_or_seal_that_is_changed_or_gone_breaks_it(monkeypatch, change):
    monkeypatch.setattr(chain, "_RUN", 3)
    written(9)
    chain.seal()
    by_force(change)
    found = chain.verify()
    assert (found.ok, found.checked) == (False, 0)
    assert found.first_bad == AuditSeal.objects.order_by("pk").first()


def test_a_look_at_a_part_joins_the_seal_before_it():
    written(2)
    chain.seal()
    written(3)
    chain.seal()
    second = AuditSeal.objects.latest("pk")
    assert chain.verify(since=second.sealed_at).checked == 3
    assert chain.verify(until=second.sealed_at).checked == 2
    assert chain.verify(since=timezone.now() + timedelta(days=1)).checked == 0
    found = chain.verify(most=1)
    assert (found.checked, chain.verify(since=found.next_from).checked) == (2, 5)


def test_a_record_that_is_not_yet_committed_is_waited_for_and_never_left_out():
    with psycopg.connect(**control_database.parameters()) as late:
        late.execute(
            "INSERT INTO audit_auditevent (event_id, at, action, outcome, reason, principal_kind, principal_name,"
            " client_id, client_name, credential_kind, credential_id, scopes, object, request_id, details)"
            " VALUES (gen_random_uuid(), now(), 'late', 'allowed', '', '', '', '', '', '', '', '{}', '', '', '{}')"
        )
        written(1)
        assert chain.seal(patience=0) == 0
    assert chain.seal() == 2
    assert AuditEvent.objects.get(action="late").pk < AuditEvent.objects.get(action="test").pk


def test_seals_cannot_be_changed():
    written(1)
    chain.seal()
    for statement in ("UPDATE audit_auditseal SET first_id = 0", "DELETE FROM audit_auditseal"):
        with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

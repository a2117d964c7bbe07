"""audit.migrations.0002: the database itself refuses to change or to forget records."""

import pytest
from django.db import InternalError, ProgrammingError, connection, transaction

from audit import record
from audit.event import Event
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET outcome = 'denied'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "TRUNCATE accounts_group, audit_auditevent CASCADE",
    ],
)
def test_a_record_stays_as_it_was_written(statement):
    record.write(Event(action="test", outcome="allowed"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER audit_no_truncate")  # tests run without it
        with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert AuditEvent.objects.get().outcome == "allowed"

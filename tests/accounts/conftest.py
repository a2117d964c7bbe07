"""Who did it, and what was recorded of it."""

from ipaddress import ip_address

import pytest

from audit.event import By
from audit.models import AuditEvent


@pytest.fixture
def by(alice):
    return By(
        principal_id=alice.id,
        principal_kind="person",
        principal_name=alice.email,
        address=ip_address("198.51.100.7"),
        request_id="r",
    )


@pytest.fixture
def recorded(db):
    """Return the names of the recorded actions, oldest first."""

    def actions():
        return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))

    return actions

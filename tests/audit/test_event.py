"""RFC 9562: what identifies a record."""

import time
import uuid

from audit.event import Event
from tests.waiting import until


def test_ids_of_records_are_of_version_7_and_stand_in_the_order_of_time():
    before = time.time_ns() // 1_000_000
    first = Event(action="x", outcome="allowed").event_id
    assert (first.version, first.variant) == (7, uuid.RFC_4122)
    assert before <= first.int >> 80 <= time.time_ns() // 1_000_000
    until(lambda: time.time_ns() // 1_000_000 > first.int >> 80)
    assert Event(action="x", outcome="allowed").event_id > first


def test_no_two_are_the_same():
    ids = {Event(action="x", outcome="allowed").event_id for _ in range(10_000)}
    assert len(ids) == 10_000

"""The hash chain over the audit record: each seal digests a run of records together with the seal before it.

Whoever changes, inserts or deletes a sealed record, or a seal, breaks the chain from there on.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import Max

from audit.models import AuditEvent, AuditSeal

_RUN: Final = 1000  # records a seal
_BEGINNING: Final = bytes(32)
_PATIENCE: Final = 20.0  # seconds, for transactions that may still write a record
_PAUSE: Final = 0.1  # seconds

# What a seal covers, by name: a column that comes later leaves the old seals as they are.
_COLUMNS: Final = (
    *("id", "event_id", "extract(epoch FROM at)", "action", "outcome", "reason"),
    *("principal_id", "principal_kind", "principal_name", "client_id", "client_name"),
    *("credential_kind", "credential_id", "scopes", "object", "host(address)", "request_id", "attempt_id"),
    *("duration_ms", "row_count", "details", "statement", "parameters"),
)
_DIGEST: Final = f"""
    SELECT count(*), sha256(%s || convert_to(coalesce(
        string_agg(jsonb_build_array({", ".join(_COLUMNS)})::text, E'\\n' ORDER BY id), ''), 'UTF8'))
    FROM audit_auditevent WHERE id BETWEEN %s AND %s
"""  # noqa: S608 - made of constants
_NEWEST: Final = "SELECT coalesce(max(id), 0), clock_timestamp() FROM audit_auditevent"
_EARLIER: Final = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start <= %s)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the chain found. `next_from` is where to go on when it was too long for one look."""

    ok: bool
    checked: int  # records
    sealed_until: datetime | None = None
    first_bad: AuditSeal | None = None
    next_from: datetime | None = None


def seal(patience: float = _PATIENCE) -> int:
    """Seal what was committed since the last time. Return how many records.

    Ids are given before the commit, so a record may come late with a lower id than others that are there: sealed is
    only what lies before a moment whose transactions have all ended. `patience` is how long to wait for them, in seconds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        newest, now = cursor.fetchone()
    if not _have_ended(now, patience):
        return 0
    sealed = 0
    while run := _seal_run(newest):
        sealed += run
    return sealed


def verify(since: datetime | None = None, until: datetime | None = None, *, most: int = 1_000_000) -> Verdict:
    """Compute the seals of that time anew, oldest first, over at most so many records."""
    seals = AuditSeal.objects.order_by("id")
    seals = seals.filter(sealed_at__gte=since) if since else seals
    seals = seals.filter(sealed_at__lt=until) if until else seals
    checked, last = 0, None
    for last, is_good in _judged(seals.iterator()):
        if not is_good:
            return Verdict(ok=False, checked=checked, first_bad=last)
        checked += last.record_count
        if checked >= most:
            return Verdict(ok=True, checked=checked, sealed_until=last.sealed_at, next_from=last.sealed_at)
    return Verdict(ok=True, checked=checked, sealed_until=last.sealed_at if last else None)


def unsealed() -> int:
    """Return how many records wait for the next seal."""
    last = AuditSeal.objects.aggregate(last=Max("last_id"))["last"] or 0
    return AuditEvent.objects.filter(pk__gt=last).count()


def _judged(seals: Iterator[AuditSeal]) -> Iterator[tuple[AuditSeal, bool]]:
    before: AuditSeal | None = None
    for current in seals:
        before = before or AuditSeal.objects.filter(pk__lt=current.pk).order_by("-pk").first()
        follows = current.first_id == (before.last_id + 1 if before else 1)
        count, digest = _digest(bytes(before.digest) if before else _BEGINNING, current.first_id, current.last_id)
        yield current, follows and (count, digest) == (current.record_count, bytes(current.digest))
        before = current


def _have_ended(then: datetime, patience: float) -> bool:
    """Tell whether every transaction that had begun by then is over."""
    deadline = time.monotonic() + patience
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_EARLIER, [then])
            [is_waiting] = cursor.fetchone()
        if not is_waiting or time.monotonic() > deadline:
            return not is_waiting
        time.sleep(_PAUSE)


@transaction.atomic
def _seal_run(newest: int) -> int:
    before = AuditSeal.objects.order_by("-pk").first()
    first = before.last_id + 1 if before else 1
    run = AuditEvent.objects.filter(pk__range=(first, newest)).order_by("pk")[:_RUN]
    last = AuditEvent.objects.filter(pk__in=run.values("pk")).aggregate(last=Max("pk"))["last"]
    if last is None:
        return 0
    count, digest = _digest(bytes(before.digest) if before else _BEGINNING, first, last)
    AuditSeal.objects.create(first_id=first, last_id=last, record_count=count, digest=digest)
    return count


def _digest(before: bytes, first: int, last: int) -> tuple[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [before, first, last])
        count, digest = cursor.fetchone()
    return count, bytes(digest)

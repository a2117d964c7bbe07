"""The outbox: work is a row, written in the transaction of the change that causes it. Celery only wakes.

A row is claimed with FOR UPDATE SKIP LOCKED. Whoever works on it shows a heartbeat; a row whose heartbeat is stale is
claimed again, so handlers are idempotent. `attempts` fences: who lost a row cannot write its outcome any more.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerUnreachable

from jobs.models import Job

logger = logging.getLogger(__name__)

MOST_ATTEMPTS: Final = 8
HEARTBEAT: Final = timedelta(seconds=10)
STALE: Final = timedelta(seconds=60)
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=1)
WAKE: Final = "jobs.wake"  # the task of jobs.tasks

Handler = Callable[["Work"], Mapping[str, Any] | None]
_handlers: dict[str, Handler] = {}


class GiveUp(Exception):
    """Raised by a handler when trying again cannot help. The text is shown to admins."""


@dataclass(frozen=True, slots=True)
class Work:
    """A claimed job, as its handler sees it."""

    id: UUID
    kind: str
    subject: str
    arguments: Mapping[str, Any]
    attempt: int

    def progress(self, percent: int) -> None:
        """Show how far the work is."""
        _mine(self).update(progress=max(0, min(percent, 100)), heartbeat_at=timezone.now())


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this kind. It may run again after a crash, so it is idempotent."""

    def register(handler: Handler) -> Handler:
        if _handlers.setdefault(kind, handler) is not handler:
            raise RuntimeError(f"Two functions handle jobs of the kind {kind}.")
        return handler

    return register


@transaction.atomic
def enqueue(
    kind: str, *, subject: str = "", arguments: Mapping[str, Any] | None = None, not_before: datetime | None = None
) -> Job:
    """Return the queued job, in the caller's transaction. One that waits for the same subject serves both callers."""
    due = not_before or timezone.now()
    job = None
    while job is None:  # again when the one that waited was claimed this moment
        new = Job(kind=kind, subject=subject, arguments=dict(arguments or {}), not_before=due)
        Job.objects.bulk_create([new], ignore_conflicts=True)
        same = {"kind": kind, "subject": subject} if subject else {"pk": new.pk}
        # The lock keeps a job that waits from being claimed before the caller's change is committed.
        job = Job.objects.select_for_update().filter(state=Job.State.QUEUED, **same).first()
    if job.not_before > due:
        job.not_before = due
        job.save(update_fields=["not_before"])
    transaction.on_commit(_wake)
    return job


def waiting(kind: str, subject: str) -> Job | None:
    """Return the job of that kind that waits for the subject, and keep it from being claimed in this transaction."""
    queued = Job.objects.filter(kind=kind, subject=subject, state=Job.State.QUEUED)
    return (queued.select_for_update() if connection.in_atomic_block else queued).first()


def cancel(kind: str, subject: str) -> None:
    """Forget the job that waits for the subject."""
    Job.objects.filter(kind=kind, subject=subject, state=Job.State.QUEUED).delete()


def run_due(limit: int = 100) -> int:
    """Do due jobs, one after the other, and return how many."""
    done = 0
    while done < limit and (work := _claim()) is not None:
        _do(work)
        done += 1
    return done


def _wake() -> None:
    """Tell a worker. A lost message loses nothing: the sweep of beat finds the row."""
    try:
        current_app.send_task(WAKE, retry=False, ignore_result=True)
    except (BrokerUnreachable, OSError) as error:
        logger.warning("the broker cannot be reached, work waits for the next sweep: %s", type(error).__name__)


# Jobs of one subject run one after the other: a stale one first, a queued one when none is running.
_CLAIM: Final = """
    UPDATE jobs_job SET state = 'running', attempts = attempts + 1, started_at = now(), heartbeat_at = now()
    WHERE id = (
        SELECT id FROM jobs_job AS due
        WHERE kind = ANY(%(kinds)s)
          AND (state = 'running' AND heartbeat_at < now() - make_interval(secs => %(stale)s)
               OR state = 'queued' AND not_before <= now() AND NOT EXISTS (
                   SELECT FROM jobs_job AS other
                   WHERE other.kind = due.kind AND other.subject = due.subject
                     AND other.state = 'running' AND due.subject <> ''))
        ORDER BY not_before LIMIT 1
        FOR UPDATE SKIP LOCKED)
    RETURNING id, kind, subject, arguments::text, attempts
"""


def _claim() -> Work | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"kinds": list(_handlers), "stale": STALE.total_seconds()})
        row = cursor.fetchone()
    if row is None:
        return None
    job_id, kind, subject, arguments, attempt = row
    return Work(job_id, kind, subject, json.loads(arguments), attempt)


def _do(work: Work) -> None:
    """Run the handler and write the outcome."""
    if work.attempt > MOST_ATTEMPTS:
        _fail(work, "The workers that did this job died each time.")
        return
    try:
        with _heartbeat(work):
            result = _handlers[work.kind](work)
    except GiveUp as error:
        _fail(work, str(error))
    except Exception as error:
        logger.exception("job %s (%s) failed at attempt %s", work.id, work.kind, work.attempt)
        _try_again(work, f"{type(error).__name__}: {error}")
    else:
        _mine(work).update(
            state=Job.State.DONE, progress=100, result=result, error="", finished_at=timezone.now(), heartbeat_at=None
        )


def _try_again(work: Work, error: str) -> None:
    if work.attempt >= MOST_ATTEMPTS:
        _fail(work, error)
        return
    pause = min(FIRST_PAUSE * 4 ** (work.attempt - 1), LONGEST_PAUSE)
    try:
        with transaction.atomic():
            _mine(work).update(
                state=Job.State.QUEUED, not_before=timezone.now() + pause, error=error[:1000], heartbeat_at=None
            )
    except IntegrityError:  # a newer one waits for the same subject and will do the work
        _fail(work, error)


def _fail(work: Work, error: str) -> None:
    _mine(work).update(state=Job.State.FAILED, error=error[:1000], finished_at=timezone.now(), heartbeat_at=None)


def _mine(work: Work) -> Any:
    """Return the row as long as nobody else took it."""
    return Job.objects.filter(pk=work.id, state=Job.State.RUNNING, attempts=work.attempt)


@contextmanager
def _heartbeat(work: Work) -> Iterator[None]:
    """Show from a thread that the work goes on, however long one statement of the handler takes."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(HEARTBEAT.total_seconds()):
                _mine(work).update(heartbeat_at=timezone.now())
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{work.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

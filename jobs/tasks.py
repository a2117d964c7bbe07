"""The Celery side of the outbox: waking, sweeping, and work that comes back by the clock."""

from datetime import timedelta
from typing import Final

from celery import shared_task
from django.utils import timezone

from jobs import outbox
from jobs.models import Job

KEPT: Final = timedelta(days=30)


@shared_task(name=outbox.WAKE)
def wake() -> int:
    """Look at the outbox. Sent at each commit of work, and by beat each minute in case a message was lost."""
    return outbox.run_due()


@shared_task(name="jobs.enqueue")
def enqueue(kind: str) -> None:
    """Enqueue periodic work: an entry of CELERY_BEAT_SCHEDULE names this task and the kind."""
    outbox.enqueue(kind, subject="periodic")


@outbox.handles("jobs.forget")
def forget(work: outbox.Work) -> dict[str, int]:
    """Delete jobs that ended long ago."""
    deleted, _ = Job.objects.filter(finished_at__lt=timezone.now() - KEPT).delete()
    return {"deleted": deleted}

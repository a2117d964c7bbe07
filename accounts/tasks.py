"""Background work of accounts: what is over is forgotten."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from accounts.models import IdempotentAnswer
from jobs.outbox import Work, handles

ANSWERS_KEPT: Final = timedelta(hours=24)


@handles("accounts.forget")
def forget(work: Work) -> dict[str, int]:
    """Delete the answers to creations that nobody sends again."""
    deleted, _ = IdempotentAnswer.objects.filter(created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
    return {"answers": deleted}

"""Background work of accounts: what is over is forgotten."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from accounts import network_lists, network_trials, unused_tokens
from accounts.models import IdempotentAnswer, OneTimeLink
from audit.event import NOBODY
from jobs import batches
from jobs.outbox import Work, handles

ANSWERS_KEPT: Final = timedelta(hours=24)


@handles("accounts.forget")
def forget(work: Work) -> dict[str, int]:
    """Delete the answers to creations that nobody sends again, and links that nobody can use any more."""
    now = timezone.now()
    return {
        "answers": batches.delete(IdempotentAnswer.objects.filter(created_at__lt=now - ANSWERS_KEPT)),
        "links": batches.delete(OneTimeLink.objects.filter(expires_at__lt=now - ANSWERS_KEPT)),
    }


@handles("accounts.sweep_tokens")
def sweep_tokens(work: Work) -> dict[str, int]:
    """Revoke personal access tokens that nobody uses, and delete those that ended long ago."""
    now = timezone.now()
    days = settings.GATEPOST_UNUSED_TOKEN_DAYS
    return {
        "revoked": unused_tokens.revoke(now, timedelta(days=days)) if days else 0,
        "deleted": unused_tokens.delete_ended(now),
    }


@handles(network_trials.UNDO)
def undo_network_trial(work: Work) -> None:
    """Undo a change of network lists that nobody confirmed."""
    network_lists.put_back(**work.arguments, by=NOBODY)

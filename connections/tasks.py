"""Background work of connections: what has ended is forgotten, a batch at a time."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from connections import registrations
from connections.models import (
    AccessToken,
    Arrivals,
    AuthorizationCode,
    AuthorizationRequest,
    Consent,
    DeviceGrant,
    FailedDocument,
    RefreshToken,
    Session,
    Spending,
    TokenRequests,
    UsedAssertion,
)
from jobs import batches
from jobs.outbox import Work, handles

_CODES_KEPT: Final = timedelta(hours=1)  # so that a late replay is recognised
_SPENDING_KEPT: Final = timedelta(days=8)
_SESSIONS_KEPT: Final = timedelta(days=30)  # so that people see what ended, and why


@handles("connections.expire_clients")
def expire_clients(work: Work) -> dict[str, int]:
    """Delete clients that came in by themselves and are not used, and what was counted about them."""
    now = timezone.now()
    return {
        "clients": registrations.expire(now),
        "failed_documents": batches.delete(FailedDocument.objects.filter(retry_at__lt=now)),
        "arrivals": batches.delete(Arrivals.objects.filter(since__lt=now - timedelta(days=1))),
    }


@handles("connections.sweep")
def sweep(work: Work) -> dict[str, int]:
    """Clear the sealed answers whose overlap is over, and delete what ended. Running it again does no harm."""
    now = timezone.now()
    overlap = timedelta(seconds=settings.GATEPOST_REFRESH_OVERLAP_SECONDS)
    answers = RefreshToken.objects.filter(consumed_at__lt=now - overlap, sealed_answer__isnull=False)
    ended = Q(ends_at__lt=now - _SESSIONS_KEPT) | Q(revoked_at__lt=now - _SESSIONS_KEPT)
    return {
        "sealed_answers": answers.update(sealed_answer=None),
        "requests": batches.delete(AuthorizationRequest.objects.filter(expires_at__lt=now)),
        "codes": batches.delete(AuthorizationCode.objects.filter(expires__lt=now - _CODES_KEPT)),
        "devices": batches.delete(DeviceGrant.objects.filter(expires__lt=now - _CODES_KEPT)),
        "assertions": batches.delete(UsedAssertion.objects.filter(expires_at__lt=now)),
        "access_tokens": batches.delete(AccessToken.objects.filter(expires__lt=now)),
        "sessions": batches.delete(Session.objects.filter(ended)),
        "consents": batches.delete(Consent.objects.filter(ended, sessions=None)),
        "spending": batches.delete(Spending.objects.filter(day__lt=(now - _SPENDING_KEPT).date())),
        "token_requests": batches.delete(TokenRequests.objects.filter(last_at__lt=now - timedelta(hours=1))),
    }

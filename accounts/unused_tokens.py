"""Personal access tokens that nobody uses, and those that are over (oauth.md 9, O16: a leaked one lies about)."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import tokens
from accounts.models import CredentialUse, PersonalAccessToken
from audit.event import NOBODY
from jobs import batches

ENDED_KEPT: Final = timedelta(days=30)  # so that people see what ended
_BATCH: Final = 200  # tokens a transaction; each leaves an audit record


def revoke(now: datetime, unused_for: timedelta) -> int:
    """Revoke the tokens that were neither made nor used in that time. Return how many."""
    unused = _unused_since(now - unused_for)
    revoked = 0
    while ended := _revoke_some(unused):
        revoked += ended
    return revoked


def delete_ended(now: datetime) -> int:
    """Delete the tokens that expired or were revoked long ago, and when they were used. Return how many tokens."""
    ended = Q(expires_at__lt=now - ENDED_KEPT) | Q(revoked_at__lt=now - ENDED_KEPT)
    deleted = batches.delete(PersonalAccessToken.objects.filter(ended))
    known = PersonalAccessToken.objects.filter(token_id=OuterRef("credential_id"))
    batches.delete(CredentialUse.objects.filter(~Exists(known), credential_kind="pat"))
    return deleted


@transaction.atomic
def _revoke_some(unused: QuerySet[PersonalAccessToken]) -> int:
    some = unused.select_for_update(skip_locked=True, of=("self",))[:_BATCH]
    for token in some:
        tokens.revoke(token, by=NOBODY, reason="unused")
    return len(some)


def _unused_since(then: datetime) -> QuerySet[PersonalAccessToken]:
    used = CredentialUse.objects.filter(
        credential_kind="pat", credential_id=OuterRef("token_id"), last_used_at__gte=then
    )
    live = PersonalAccessToken.objects.filter(~Exists(used), revoked_at=None, created_at__lt=then)
    return live.select_related("owner").order_by("created_at")

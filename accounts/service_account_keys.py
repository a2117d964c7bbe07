"""Public keys of service accounts, for private_key_jwt (RFC 7523 2.2)."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts import public_keys
from accounts.errors import AlreadyExists, InvalidState, QuotaExceeded
from accounts.lifetimes import expiry, known_scopes
from accounts.models import ServiceAccountKey, User
from audit import record
from audit.event import By, Event

MOST_KEYS = 5


@transaction.atomic
def add(
    account: User, *, by: By, jwk: object, lifetime_seconds: int | None = None, scopes: Sequence[str] = ()
) -> ServiceAccountKey:
    """Register a public key."""
    public, now = public_keys.read(jwk), timezone.now()
    key = ServiceAccountKey(
        service_account=account,
        jwk=public.jwk,
        algorithm=public.algorithm,
        thumbprint=public.thumbprint,
        scopes=known_scopes(scopes),
        created_at=now,
        created_by=by.principal_id or account.pk,
        expires_at=expiry(lifetime_seconds, now, field="lifetime"),
    )
    if not User.objects.select_for_update(no_key=True).get(pk=account.pk).is_active:
        raise InvalidState(f"{account} is not active and can have no new key.")
    theirs = ServiceAccountKey.objects.filter(service_account=account)
    if theirs.filter(thumbprint=public.thumbprint).exists():
        raise AlreadyExists(f"{account} has this key already. Delete it first, or send another one.")
    if theirs.filter(expires_at__gt=now).count() >= MOST_KEYS:
        raise QuotaExceeded(f"{account} has {MOST_KEYS} live keys, the most there can be. Delete one first.")
    key.save(force_insert=True)
    _record("create", key, by, after=_described(key))
    return key


@transaction.atomic
def delete(key: ServiceAccountKey, *, by: By) -> None:
    """Delete the key at once, and with it the tokens that were issued for it."""
    key = ServiceAccountKey.objects.select_for_update().get(pk=key.pk)
    _record("delete", key, by, before=_described(key))
    key.delete()


def _described(key: ServiceAccountKey) -> dict[str, object]:
    return {
        "service_account": key.service_account.user_name,
        "algorithm": key.algorithm,
        "thumbprint": key.thumbprint,
        "scopes": key.scopes,
        "expires_at": key.expires_at.isoformat(),
    }


def _record(verb: str, key: ServiceAccountKey, by: By, **details: object) -> None:
    record.write(
        Event(action=f"service_account_key.{verb}", outcome="allowed", by=by, object=str(key.id), details=details)
    )

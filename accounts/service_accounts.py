"""Service accounts and their secrets. RFC 6749 2.3.1: the application id is the client id."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts import activation, profiles, secrets
from accounts.errors import InvalidState, QuotaExceeded
from accounts.lifetimes import expiry, known_scopes
from accounts.models import ServiceAccountSecret, User
from accounts.names import checked_name
from accounts.people import make_room
from audit import record
from audit.event import By, Event

MOST_SECRETS = 5


@transaction.atomic
def create(name: str, *, by: By, application_id: uuid.UUID | None = None, external_id: str = "") -> User:
    """Return a new service account without secrets, roles and privileges."""
    make_room()
    account = User.objects.create_service_account(
        checked_name(name, field="displayName"),
        application_id=profiles.free_application_id(application_id or uuid.uuid4()),
        external_id=profiles.checked_external_id(external_id),
    )
    activation.write("create", account, by, after={"name": account.name})
    return account


def set_active(account: User, active: bool, *, by: By) -> None:  # noqa: FBT001 - the value itself, as in SCIM
    """Switch a service account on or off."""
    activation.set_active(account, active, by=by)


@transaction.atomic
def add_secret(
    account: User, *, by: By, lifetime_seconds: int | None = None, scopes: Sequence[str] = ()
) -> tuple[ServiceAccountSecret, str]:
    """Return a new secret and its raw value, which is nowhere else and never shown again."""
    now = timezone.now()
    raw = secrets.make(secrets.Prefix.SERVICE_ACCOUNT_SECRET)
    secret = ServiceAccountSecret(
        service_account=account,
        digest=secrets.digest(raw),
        last_four=raw[-4:],
        scopes=known_scopes(scopes),
        created_at=now,
        created_by=by.principal_id or account.pk,
        expires_at=expiry(lifetime_seconds, now, field="lifetime"),
    )
    if not User.objects.select_for_update(no_key=True).get(pk=account.pk).is_active:
        raise InvalidState(f"{account} is not active and can have no new secret.")
    if ServiceAccountSecret.objects.filter(service_account=account, expires_at__gt=now).count() >= MOST_SECRETS:
        raise QuotaExceeded(f"{account} has {MOST_SECRETS} live secrets, the most there can be. Delete one first.")
    secret.save(force_insert=True)
    _record("create", secret, by, after=_described(secret))
    return secret, raw


@transaction.atomic
def delete_secret(secret: ServiceAccountSecret, *, by: By) -> None:
    """Delete the secret at once, and with it the tokens that were issued for it."""
    secret = ServiceAccountSecret.objects.select_for_update().get(pk=secret.pk)
    _record("delete", secret, by, before=_described(secret))
    secret.delete()


def _described(secret: ServiceAccountSecret) -> dict[str, object]:
    return {
        "service_account": secret.service_account.user_name,
        "scopes": secret.scopes,
        "expires_at": secret.expires_at.isoformat(),
        "ends_in": secret.last_four,
    }


def _record(verb: str, secret: ServiceAccountSecret, by: By, **details: object) -> None:
    record.write(
        Event(action=f"service_account_secret.{verb}", outcome="allowed", by=by, object=str(secret.id), details=details)
    )

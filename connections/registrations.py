"""oauth.md 7: clients that registered themselves, and what admins and the clock do with them."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import secrets
from accounts.errors import NotFound
from accounts.models import CredentialUse
from audit import record
from audit.event import NOBODY, By, Event
from connections import client_keys, consents, resemblance
from connections.client_metadata import Wanted
from connections.models import AppIntegration, ClientSecret, Session

MAX_UNUSED: Final = 1000  # clients that wait: for an admin, or for the first person who allows them
UNUSED_FOR: Final = timedelta(hours=24)
IDLE_FOR: Final = timedelta(days=90)
_SOURCE = AppIntegration.RegistrationSource


def self_registered() -> QuerySet[AppIntegration]:
    """Return the clients that came in by themselves, by registration or by a metadata document."""
    return AppIntegration.objects.exclude(registration_source=_SOURCE.MANUAL).filter(published_app="")


def registered() -> QuerySet[AppIntegration]:
    """Return those that came in by RFC 7591."""
    return self_registered().filter(registration_source=_SOURCE.DCR)


def waiting() -> QuerySet[AppIntegration]:
    """Return those that an admin has to approve."""
    return registered().filter(waits_for_approval=True)


def get(client_id: str) -> AppIntegration:
    """Return the client that came in by itself under this id, or raise NotFound."""
    try:
        return self_registered().get(client_id=client_id)
    except AppIntegration.DoesNotExist:
        raise NotFound("No client that registered itself has this id.") from None


def is_full() -> bool:
    """Tell whether so many clients wait that no more may come."""
    return registered().filter(~_was_allowed())[:MAX_UNUSED].count() >= MAX_UNUSED


@transaction.atomic
def register(wanted: Wanted, *, needs_approval: bool, by: By) -> tuple[AppIntegration, str | None, str]:
    """Return the new client, its secret when it is confidential, and its registration token. Both are shown once."""
    token = secrets.make(secrets.Prefix.REGISTRATION_TOKEN)
    client = AppIntegration(
        client_id=str(uuid4()),
        authorization_grant_type=AppIntegration.GRANT_AUTHORIZATION_CODE,
        registration_source=_SOURCE.DCR,
        registration_digest=secrets.digest(token),
        waits_for_approval=needs_approval,
    )
    put(client, wanted)
    client.save()
    raw = _new_secret(client) if wanted.has_secret else None
    write("client.register", client, by)
    return client, raw, token


@transaction.atomic
def replace(
    client: AppIntegration, wanted: Wanted, *, needs_approval: bool, by: By
) -> tuple[AppIntegration, str | None]:
    """RFC 7592 2.2: put other metadata in place of all. People are asked anew where answers now go elsewhere."""
    locked = AppIntegration.objects.select_for_update().get(pk=client.pk)
    before = describe(locked)
    is_other = (locked.name, locked.redirect_urls) != (wanted.name, list(wanted.redirect_urls))
    put(locked, wanted)
    locked.waits_for_approval = locked.waits_for_approval or (needs_approval and is_other)
    locked.save()
    raw = _new_secret(locked) if wanted.has_secret and not locked.secrets.exists() else None
    if not wanted.has_secret:
        locked.secrets.all().delete()
    ended = consents.end_all(locked, reason="client_changed") if is_other else 0
    write("client.update", locked, by, before=before, consents_ended=ended)
    return locked, raw


@transaction.atomic
def approve(client: AppIntegration, *, by: By) -> None:
    """Let people connect it."""
    client.waits_for_approval = False
    client.save(update_fields=["waits_for_approval", "updated"])
    write("client.approve", client, by)


@transaction.atomic
def delete(client: AppIntegration, *, by: By, action: str = "client.delete") -> None:
    """Delete a client with its consents, sessions and tokens. Nothing new may point to it from here on."""
    list(AppIntegration.objects.select_for_update().filter(pk=client.pk))
    write(action, client, by)
    client.delete()


def holder_of(client_id: str, raw_token: str) -> AppIntegration | None:
    """RFC 7592 3: return the client when the token is its own."""
    if secrets.prefix_of(raw_token) is not secrets.Prefix.REGISTRATION_TOKEN:
        return None
    client = registered().filter(client_id=client_id).first()
    stored = client.registration_digest if client else None
    return client if stored and secrets.matches(raw_token, bytes(stored)) else None


def describe(client: AppIntegration) -> dict[str, Any]:
    """Return what a client says about itself, for answers and audit records."""
    return {
        "client_name": client.name,
        "redirect_uris": client.redirect_urls,
        "scope": " ".join(client.scopes),
        **client.registered_metadata,
        **client_keys.describe(client),
    }


def put(client: AppIntegration, wanted: Wanted) -> None:
    """Set the columns that the client's own words decide."""
    client.name = wanted.name
    client.client_type = AppIntegration.CLIENT_CONFIDENTIAL if wanted.confidential else AppIntegration.CLIENT_PUBLIC
    client.redirect_uris = " ".join(wanted.redirect_urls)
    client.scopes = list(wanted.scopes)
    client_keys.put(client, wanted.keys, wanted.jwks_uri)
    client.resembles = resemblance.of(wanted.name, wanted.redirect_urls)
    kept = {"token_endpoint_auth_method": wanted.auth_method, "application_type": wanted.application_type}
    client.registered_metadata = {name: value for name, value in kept.items() if value}


def write(action: str, client: AppIntegration, by: By, **details: Any) -> None:
    """Write the audit record of a change, in the caller's transaction."""
    more = {"resembles": client.resembles, "waits_for_approval": client.waits_for_approval, **details}
    record.write(
        Event(
            action=action,
            outcome="allowed",
            by=by,
            object=f"client:{client.client_id}",
            details={**describe(client), **{name: value for name, value in more.items() if value}},
        )
    )


def expire(now: datetime) -> int:
    """Delete clients that nobody allowed within a day, and those that nobody used for 90 days. Return how many."""
    expired = list(_expired(now)[:MAX_UNUSED])
    for client in expired:
        delete(client, by=NOBODY, action="client.expire")
    return len(expired)


def _expired(now: datetime) -> QuerySet[AppIntegration]:
    idle = now - IDLE_FOR
    session_since = Session.objects.filter(integration=OuterRef("pk"), started_at__gt=idle)
    never = Q(created__lt=now - UNUSED_FOR) & ~_was_allowed()
    idly = Q(created__lt=idle) & ~Exists(session_since) & ~Exists(_uses().filter(last_used_at__gt=idle))
    return self_registered().filter(never | idly).order_by("created")


def _was_allowed() -> Q:
    return Q(Exists(Session.objects.filter(integration=OuterRef("pk")))) | Q(Exists(_uses()))


def _uses() -> QuerySet[CredentialUse]:
    return CredentialUse.objects.filter(credential_kind="client", credential_id=OuterRef("client_id"))


def _new_secret(client: AppIntegration) -> str:
    raw = secrets.make(secrets.Prefix.CLIENT_SECRET)
    ClientSecret.objects.create(integration=client, digest=secrets.digest(raw), last_four=raw[-4:])
    return raw

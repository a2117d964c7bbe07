"""RFC 6749 2: what an admin does with app integrations. Each change and its audit record are one transaction."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from accounts import secrets
from accounts.errors import Invalid, NotFound
from accounts.models import CredentialUse
from audit import record
from audit.event import By, Event
from connections import client_keys
from connections import integration_fields as fields
from connections.models import AppIntegration, ClientSecret, Session

DEFAULT_OVERLAP: Final = 86_400  # seconds
MAX_OVERLAP: Final = 604_800  # seconds
_FIXED: Final = frozenset({"name", "confidential"})
_NEW: Final[Mapping[str, Any]] = {
    "name": "",
    "redirect_urls": [],
    "scopes": [],
    "user_authorized_scopes": [],
    "token_access_policy": fields.POLICY_DEFAULTS,
    "ip_allowlist": [],
    "allowed_catalogs": None,
    "may_introspect": False,
    "jwks": None,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What disabling or deleting an integration would break."""

    people: int
    sessions: int
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A new secret, shown once, and when the one before it ends."""

    raw: str
    secret: ClientSecret
    previous_ends_at: datetime


def registered() -> QuerySet[AppIntegration]:
    """Return the integrations that an admin made: no published app and no row of a service account."""
    return AppIntegration.objects.filter(
        built_in=False,
        published_app="",
        service_account=None,
        registration_source=AppIntegration.RegistrationSource.MANUAL,
    )


def get(integration_id: object) -> AppIntegration:
    """Return the integration of that id, or raise NotFound."""
    try:
        return registered().get(integration_id=uuid.UUID(str(integration_id)))
    except (AppIntegration.DoesNotExist, ValueError):
        raise NotFound("No app integration has this id.") from None


@transaction.atomic
def create(*, by: By, confidential: object = False, **given: object) -> tuple[AppIntegration, str | None]:
    """Register an integration from the fields of rest-api.md 4.1.

    The secret of a confidential one is returned here and never again.
    """
    if not isinstance(confidential, bool):
        raise Invalid({"confidential": ["Give true or false."]})
    integration = AppIntegration(
        client_id=str(uuid.uuid4()),
        client_type=AppIntegration.CLIENT_CONFIDENTIAL if confidential else AppIntegration.CLIENT_PUBLIC,
        authorization_grant_type=AppIntegration.GRANT_AUTHORIZATION_CODE,
        created_by=by.principal_id,
    )
    _put(_wanted(_NEW, given), integration)
    integration.save()
    raw = _add_secret(integration, by)[0] if confidential else None
    write("integration.create", integration, by, after=describe(integration))
    return integration, raw


@transaction.atomic
def update(integration: AppIntegration, *, by: By, **changes: object) -> AppIntegration:
    """Change the fields that are given: lists replace, the policy merges field by field."""
    fixed = sorted(_FIXED & changes.keys())
    if fixed:
        raise Invalid({field: ["Cannot be changed. Make a new integration instead."] for field in fixed})
    locked = lock(integration)
    before = describe(locked)
    _put(_wanted(before, changes), locked)
    if locked.consent_policy == AppIntegration.ConsentPolicy.PRE_APPROVED:
        fields.refuse_redirects_to_a_computer(locked.redirect_urls)
    locked.save()
    write("integration.update", locked, by, before=before, after=describe(locked))
    return locked


@transaction.atomic
def set_enabled(integration: AppIntegration, enabled: bool, *, by: By) -> AppIntegration:  # noqa: FBT001 - reads well
    """Switch an integration on or off. Off: no tokens are made and its tokens are refused from the next call on."""
    locked = lock(integration)
    locked.enabled = enabled
    locked.save(update_fields=["enabled", "updated"])
    write("integration.enable" if enabled else "integration.disable", locked, by)
    return locked


@transaction.atomic
def delete(integration: AppIntegration, *, by: By) -> None:
    """Delete an integration with its consents, sessions and tokens."""
    locked = lock(integration)
    before = describe(locked)
    write("integration.delete", locked, by, before=before)
    locked.delete()


@transaction.atomic
def revoke_tokens(integration: AppIntegration, *, by: By) -> int:
    """End every session of an integration and return how many there were. People can connect again."""
    locked = lock(integration)
    ended = live_sessions(locked).update(revoked_at=timezone.now(), revoke_reason="integration_tokens_revoked")
    write("integration.revoke_tokens", locked, by, sessions=ended)
    return ended


@transaction.atomic
def rotate_secret(integration: AppIntegration, *, by: By, overlap_seconds: object = DEFAULT_OVERLAP) -> Rotation:
    """Make a new secret. The newest one before it works for the overlap; an older one ends now."""
    overlap = _overlap(overlap_seconds)
    locked = lock(integration)
    if not locked.confidential:
        raise Invalid({"integration_id": ["A public app has no secret."]})
    now = timezone.now()
    kept = live_secrets(locked, now=now)[:1] if overlap else []
    locked.secrets.exclude(pk__in=[secret.pk for secret in kept]).delete()
    previous_ends_at = now
    for secret in kept:
        ends_at = now + timedelta(seconds=overlap)
        previous_ends_at = secret.expires_at = min(secret.expires_at or ends_at, ends_at)
        secret.save(update_fields=["expires_at"])
    raw, made = _add_secret(locked, by)
    write("integration.rotate_secret", locked, by, overlap_seconds=overlap, secret_id=str(made.id))
    return Rotation(raw, made, previous_ends_at)


@transaction.atomic
def delete_secret(integration: AppIntegration, secret_id: object, *, by: By) -> None:
    """Delete a secret: it authenticates nobody from now on. Tokens and sessions stay; `revoke_tokens` ends them."""
    locked = lock(integration)
    secret = next((secret for secret in locked.secrets.all() if str(secret.id) == str(secret_id)), None)
    if secret is None:
        raise NotFound("The app integration has no secret with this id.")
    secret.delete()
    write("integration.delete_secret", locked, by, secret_id=str(secret_id), ends_in=secret.last_four)


def live_secrets(integration: AppIntegration, *, now: datetime | None = None) -> list[ClientSecret]:
    """Return the secrets that work, the newest first."""
    alive = Q(expires_at=None) | Q(expires_at__gt=now or timezone.now())
    return list(integration.secrets.filter(alive).order_by("-created_at"))


def cost(integration: AppIntegration) -> Cost:
    """Return what disabling or deleting would break."""
    sessions = live_sessions(integration)
    return Cost(
        people=sessions.values("user").distinct().count(),
        sessions=sessions.count(),
        last_used_at=CredentialUse.objects.filter(
            credential_kind="client", credential_id=integration.client_id
        ).aggregate(latest=Max("last_used_at"))["latest"],
    )


def policy_of(integration: AppIntegration) -> dict[str, Any]:
    """Return the four fields of the token access policy; None where nothing is set."""
    return {field: getattr(integration, field) for field in fields.POLICY_DEFAULTS}


def describe(integration: AppIntegration) -> dict[str, Any]:
    """Return the fields that an admin can set, as the API names them."""
    return {
        "name": integration.name,
        "redirect_urls": integration.redirect_urls,
        "scopes": list(integration.scopes),
        "user_authorized_scopes": list(integration.user_authorized_scopes),
        "token_access_policy": policy_of(integration),
        "ip_allowlist": list(integration.ip_allowlist),
        "allowed_catalogs": integration.allowed_catalogs,
        "may_introspect": integration.may_introspect,
        "jwks": client_keys.jwks(integration),
    }


def _wanted(stored: Mapping[str, Any], given: Mapping[str, object]) -> dict[str, Any]:
    unknown = sorted(given.keys() - stored.keys())
    if unknown:
        raise Invalid({field: ["There is no such field. Remove it."] for field in unknown})
    policy = fields.merged_policy(stored["token_access_policy"], given.get("token_access_policy"))
    return {**stored, **given, "token_access_policy": policy}


def _put(wanted: Mapping[str, Any], integration: AppIntegration) -> None:
    cleaned = fields.clean(wanted, confidential=integration.confidential)
    policy = cleaned.pop("token_access_policy")
    integration.redirect_uris = " ".join(cleaned.pop("redirect_urls"))
    client_keys.put(integration, cleaned.pop("jwks"))
    for field, value in {**cleaned, **policy}.items():
        setattr(integration, field, value)


def _add_secret(integration: AppIntegration, by: By) -> tuple[str, ClientSecret]:
    raw = secrets.make(secrets.Prefix.CLIENT_SECRET)
    secret = ClientSecret.objects.create(
        integration=integration, digest=secrets.digest(raw), last_four=raw[-4:], created_by=by.principal_id
    )
    return raw, secret


def _overlap(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_OVERLAP:
        raise Invalid({"overlap_seconds": [f"Give whole seconds from 0 to {MAX_OVERLAP}."]})
    return value


def live_sessions(integration: AppIntegration) -> QuerySet[Session]:
    """Return the authorizations under which its tokens work."""
    return integration.sessions.filter(revoked_at=None, ends_at__gt=timezone.now())


def lock(integration: AppIntegration) -> AppIntegration:
    """Return the integration as it is now, and let nobody change it before the transaction is over, or raise NotFound."""
    try:
        return registered().select_for_update().get(pk=integration.pk)
    except AppIntegration.DoesNotExist:
        raise NotFound("This app integration was deleted.") from None


def write(action: str, integration: AppIntegration, by: By, **details: Any) -> None:
    """Record a change of the integration, in the caller's transaction."""
    record.write(
        Event(
            action=action,
            outcome="allowed",
            by=by,
            object=f"app-integration:{integration.integration_id}",
            details={"name": integration.name, "client_id": integration.client_id, **details},
        )
    )

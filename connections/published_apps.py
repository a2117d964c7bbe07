"""rest-api.md 4.2: ready-made integrations of well-known clients, which an admin switches on and off."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import AlreadyExists, NotFound
from audit import record
from audit.event import By, Event
from cli.clients import KNOWN, KnownClient
from connections import built_in, policy
from connections import integration_fields as fields
from connections.integrations import policy_of
from connections.models import AppIntegration

# An app whose redirect URLs are not known comes in by its document or not at all.
APPS: Final[Mapping[str, KnownClient]] = {app.key: app for app in KNOWN if app.redirect_urls or app.document_url}


def client_id(app: KnownClient) -> str:
    """Return the client_id under which the app comes in: the URL of its document where only that knows the redirects."""
    return app.key if app.are_redirects_fixed else app.document_url


def scopes(app: KnownClient) -> list[str]:
    """Return what the app may ask for. A command line is more than a client: it is the person's own tool."""
    return list(built_in.SCOPES if app.is_built_in else policy.CLIENT_SCOPES)


def switched_on() -> QuerySet[AppIntegration]:
    """Return the integrations of the apps that are on."""
    return AppIntegration.objects.filter(enabled=True).exclude(published_app="")


def get(integration_id: object) -> AppIntegration:
    """Return the integration of an app that is on, or raise NotFound."""
    try:
        return switched_on().get(integration_id=uuid.UUID(str(integration_id)))
    except (AppIntegration.DoesNotExist, ValueError):
        raise NotFound("No published app that is switched on has this integration id.") from None


@transaction.atomic
def switch_on(app_id: str, *, by: By, token_access_policy: object = None) -> AppIntegration:
    """Let people connect the app."""
    app = APPS.get(app_id)
    if app is None:
        raise NotFound(f"There is no published app {app_id[:100]!r}.")
    if app.is_built_in:
        built_in.ensure()
    integration, _ = AppIntegration.objects.select_for_update().get_or_create(
        published_app=app.key, defaults={**_fixed(app), "client_id": client_id(app), "enabled": False}
    )
    if integration.enabled:
        raise AlreadyExists("The app is switched on already.")
    integration.enabled = True
    integration.created_by = by.principal_id
    integration.created = timezone.now()
    _put_policy(integration, token_access_policy)
    integration.save()
    _write("published_app.enable", integration, by)
    return integration


@transaction.atomic
def change_policy(integration: AppIntegration, token_access_policy: object, *, by: By) -> AppIntegration:
    """Change the lifetimes; the fields that are given."""
    locked = AppIntegration.objects.select_for_update().get(pk=integration.pk)
    before = policy_of(locked)
    _put_policy(locked, token_access_policy)
    locked.save()
    _write("published_app.update", locked, by, before=before)
    return locked


@transaction.atomic
def switch_off(integration: AppIntegration, *, by: By) -> int:
    """End its sessions and let nobody connect it. Return how many sessions ended."""
    now = timezone.now()
    locked = AppIntegration.objects.select_for_update().get(pk=integration.pk)
    locked.enabled = False
    locked.save(update_fields=["enabled", "updated"])
    ended = locked.sessions.filter(revoked_at=None, ends_at__gt=now).update(
        revoked_at=now, revoke_reason="published_app_off"
    )
    _write("published_app.disable", locked, by, sessions=ended)
    return ended


def _fixed(app: KnownClient) -> dict[str, Any]:
    source = AppIntegration.RegistrationSource
    return {
        "name": app.name,
        "client_type": AppIntegration.CLIENT_PUBLIC,
        "authorization_grant_type": AppIntegration.GRANT_AUTHORIZATION_CODE,
        "redirect_uris": " ".join(app.redirect_urls),
        "scopes": list(policy.CLIENT_SCOPES),
        "registration_source": source.MANUAL if app.are_redirects_fixed else source.CIMD,
    }


def _put_policy(integration: AppIntegration, given: object) -> None:
    merged = fields.merged_policy(policy_of(integration), given)
    for name, value in fields.clean_policy(merged, confidential=False).items():
        setattr(integration, name, value)


def _write(action: str, integration: AppIntegration, by: By, **details: Any) -> None:
    more = {
        "app_id": integration.published_app,
        "name": integration.name,
        "token_access_policy": policy_of(integration),
    }
    record.write(
        Event(
            action=action,
            outcome="allowed",
            by=by,
            object=f"app-integration:{integration.integration_id}",
            details={**more, **details},
        )
    )

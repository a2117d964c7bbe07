"""The rows of the list: app integrations, service accounts and personal access tokens under one shape."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import CharField, Count, F, Max, Min, Q, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.console import status
from accounts.console.status import Status
from accounts.models import PersonalAccessToken, User
from audit.console.keyset import Cut, Position
from connections.integrations import registered
from connections.models import AppIntegration


class Kind(StrEnum):
    """The tabs."""

    ALL = "all"
    INTEGRATIONS = "app-integrations"
    SERVICE_ACCOUNTS = "service-accounts"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Row:
    """One connection as the list shows it."""

    kind: Kind
    key: str
    name: str
    client_id: str
    type: str | Promise
    detail: str | Promise
    scopes: list[str]
    owner: str
    created_at: datetime
    last_used_at: datetime | None
    status: Status
    url: str
    ends_at: datetime | None = None
    toggle_url: str = ""

    @property
    def is_disabled(self) -> bool:
        """Tell whether the row menu offers Enable."""
        return self.status is status.DISABLED


class Filter(StrEnum):
    """The status filter."""

    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    DISABLED = "disabled"


def integrations(search: str = "", only: str = "", now: datetime | None = None) -> "QuerySet[AppIntegration]":
    """Return the app integrations that pass."""
    now = now or timezone.now()
    live = Q(secrets__expires_at=None) | Q(secrets__expires_at__gt=now)
    rows = registered().annotate(
        live_secrets=Count("secrets", filter=live), first_end=Min("secrets__expires_at", filter=live)
    )
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(client_id__icontains=search))
    return _only(rows, only, enabled="enabled", now=now)


def service_accounts(search: str = "", only: str = "", now: datetime | None = None) -> "QuerySet[User]":
    """Return the service accounts that pass."""
    now = now or timezone.now()
    live = Q(secrets__expires_at__gt=now)
    rows = (
        User.objects.filter(kind=User.Kind.SERVICE)
        .prefetch_related("secrets")
        .annotate(
            key=Cast("application_id", CharField()),
            live_secrets=Count("secrets", filter=live),
            first_end=Min("secrets__expires_at", filter=live),
            last_end=Max("secrets__expires_at"),
        )
    )
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(key__icontains=search))
    return _only(rows, only, enabled="is_active", now=now)


def tokens(search: str = "", only: str = "", now: datetime | None = None) -> "QuerySet[PersonalAccessToken]":
    """Return the personal access tokens that pass; revoked ones are gone from this list."""
    now = now or timezone.now()
    rows = PersonalAccessToken.objects.filter(revoked_at=None).select_related("owner")
    if search:
        rows = rows.filter(Q(comment__icontains=search) | Q(last_four=search[-4:]) | Q(owner__email__icontains=search))
    if only == Filter.DISABLED:
        return rows.none()
    rows = rows.annotate(first_end=F("expires_at"))
    if only == Filter.ENDED:
        return rows.filter(expires_at__lte=now)
    return _only(rows.filter(expires_at__gt=now) if only else rows, only, enabled="", now=now)


def _only(rows: "QuerySet[Any]", only: str, *, enabled: str, now: datetime) -> "QuerySet[Any]":
    if only == Filter.DISABLED:
        return rows.filter(**{enabled: False})
    if only and enabled:
        rows = rows.filter(**{enabled: True})
    if only == Filter.ENDED:
        return rows.filter(live_secrets=0, last_end__lte=now) if "last_end" in rows.query.annotations else rows.none()
    soon = now + status.SOON
    if only == Filter.ENDING:
        return rows.filter(first_end__lte=soon)
    if only == Filter.ACTIVE:
        return rows.filter(Q(first_end=None) | Q(first_end__gt=soon))
    return rows


def counts() -> dict[Kind, int]:
    """Return how many there are of each kind, whatever the filters."""
    found = {
        Kind.INTEGRATIONS: registered().count(),
        Kind.SERVICE_ACCOUNTS: User.objects.filter(kind=User.Kind.SERVICE).count(),
        Kind.TOKENS: PersonalAccessToken.objects.filter(revoked_at=None).count(),
    }
    return {Kind.ALL: sum(found.values()), **found}


def fetch(kind: Kind, search: str, only: str, cut: Cut) -> list[Row]:
    """Return the rows of one tab, nearest to the cut first: each kind gives its nearest, the merge keeps the limit."""
    now = timezone.now()
    found: list[Row] = []
    if kind in {Kind.ALL, Kind.INTEGRATIONS}:
        found += _integration_rows(cut.apply(integrations(search, only, now), "created", "client_id"), now)
    if kind in {Kind.ALL, Kind.SERVICE_ACCOUNTS}:
        found += _service_rows(cut.apply(service_accounts(search, only, now), "created_at", "key"), now)
    if kind in {Kind.ALL, Kind.TOKENS}:
        found += _token_rows(cut.apply(tokens(search, only, now), "created_at", "token_id"), now)
    found.sort(key=position, reverse=cut.direction == "older")
    return found[: cut.limit]


def position(row: Row) -> Position:
    """Return the place of a row in the list."""
    return Position(row.created_at, row.key)


def _integration_rows(found: Iterable[Any], now: datetime) -> list[Row]:
    found = list(found)
    used = status.last_used("client", [integration.client_id for integration in found])
    owners = _names(integration.created_by for integration in found)
    return [
        Row(
            kind=Kind.INTEGRATIONS,
            key=integration.client_id,
            name=integration.name,
            client_id=integration.client_id,
            type=_("Confidential") if integration.confidential else _("Public, PKCE"),
            detail=_("App integration"),
            scopes=integration.scopes,
            owner=owners.get(integration.created_by, ""),
            created_at=integration.created,
            last_used_at=used.get(integration.client_id),
            status=integration_status(integration, now),
            url=reverse("console-app-integration", args=[integration.integration_id]),
            ends_at=integration.first_end,
            toggle_url=reverse(
                "console-app-integration-disable" if integration.enabled else "console-app-integration-enable",
                args=[integration.integration_id],
            ),
        )
        for integration in found
    ]


def _service_rows(found: Iterable[Any], now: datetime) -> list[Row]:
    found = list(found)
    used = status.last_used("service", [account.application_id for account in found])
    return [
        Row(
            kind=Kind.SERVICE_ACCOUNTS,
            key=str(account.application_id),
            name=account.display_name,
            client_id=str(account.application_id),
            type=_("Service account"),
            detail=_("Client credentials"),
            scopes=sorted({scope for secret in account.secrets.all() for scope in secret.scopes or ["all-apis"]}),
            owner="",
            created_at=account.created_at,
            last_used_at=used.get(str(account.application_id)),
            status=service_account_status(account, now),
            url=reverse("console-service-account", args=[account.application_id]),
            ends_at=account.first_end,
            toggle_url=reverse(
                "console-service-account-disable" if account.is_active else "console-service-account-enable",
                args=[account.application_id],
            ),
        )
        for account in found
    ]


def _token_rows(found: Iterable[PersonalAccessToken], now: datetime) -> list[Row]:
    found = list(found)
    used = status.last_used("pat", [token.token_id for token in found])
    return [
        Row(
            kind=Kind.TOKENS,
            key=token.token_id,
            name=str(token),
            client_id=f"gp_pat_…{token.last_four}",
            type=_("Personal access token"),
            detail=_token_detail(token),
            scopes=token.scopes,
            owner=token.owner.display_name,
            created_at=token.created_at,
            last_used_at=used.get(token.token_id),
            status=status.of_token(expires_at=token.expires_at, revoked_at=None, now=now),
            url=reverse("console-token-revoke", args=[token.token_id]),
        )
        for token in found
    ]


def _token_detail(token: PersonalAccessToken) -> str:
    owner, servers = token.owner.display_name, len(token.resources)
    if not servers:
        return owner
    said = ngettext("%(owner)s, opens %(n)d MCP server", "%(owner)s, opens %(n)d MCP servers", servers)
    return said % {"owner": owner, "n": servers}


def integration_status(integration: Any, now: datetime) -> Status:
    """Return the status of an app integration that carries `live_secrets` and `first_end`."""
    if not integration.enabled:
        return status.DISABLED
    if integration.live_secrets > 1:
        return status.ROTATING
    return (integration.first_end and status.secret_ending(integration.first_end, now)) or status.ACTIVE


def service_account_status(account: Any, now: datetime) -> Status:
    """Return the status of a service account that carries `live_secrets` and `first_end`."""
    if not account.is_active:
        return status.DISABLED
    if not account.live_secrets and account.last_end:
        return Status(_("Secret expired"), "off")
    # Several secrets are usual here, so only the last live one is worth a warning.
    if account.live_secrets == 1 and account.first_end:
        return status.secret_ending(account.first_end, now) or status.ACTIVE
    return status.ACTIVE


def _names(ids: Iterable[int | None]) -> dict[int | None, str]:
    people = User.objects.filter(id__in={key for key in ids if key})
    return {person.id: person.display_name for person in people}


def secrets_ending(now: datetime) -> list[Row]:
    """Return the connections that the banner warns of: their last live secret ends within 7 days."""
    soon = {"first_end__lte": now + status.URGENT, "live_secrets": 1}
    found = _integration_rows(integrations(only=Filter.ENDING, now=now).filter(**soon), now)
    return found + _service_rows(service_accounts(only=Filter.ENDING, now=now).filter(**soon), now)

"""What a person may take away from an authorization: catalogs, writing, time. Nothing here ever adds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote

from django.db.models import Q

from accounts.models import User
from accounts.scopes import Scope
from catalog.models import Catalog, Privilege
from connections import sessions
from connections.models import AppIntegration

CATALOG_KINDS: Final = frozenset({"functions", "tables", "sql", "vector-search"})
_MINUTES: Final = (60, 1440, 10_080, 43_200)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the person allowed."""

    scopes: tuple[str, ...]
    catalogs: tuple[str, ...] | None  # None: every catalog that the person may use
    ends_at: datetime


def catalogs_of(user: User) -> list[str]:
    """Return the names of the catalogs that the person may use."""
    holder = Q(privileges__user=user) | Q(privileges__group__in=user.groups.all())
    opens = Q(privileges__action=Privilege.Action.USE_CATALOG, privileges__securable=Privilege.Securable.CATALOG)
    return list(
        Catalog.objects.filter(holder & opens, enabled=True).distinct().order_by("name").values_list("name", flat=True)
    )


def may_use(user: User, resource: str) -> bool:
    """Tell whether the catalog that the resource names is one that the person may use."""
    named = _named_catalog(resource)
    return named is None or named in catalogs_of(user)


def choosable_catalogs(user: User, resource: str) -> list[str]:
    """Return the catalogs to choose from; none when the resource names its catalog itself."""
    return catalogs_of(user) if _named_catalog(resource) is None else []


def durations(integration: AppIntegration) -> list[int]:
    """Return the minutes to choose from, the longest last."""
    longest = int(sessions.lifetime(integration).total_seconds() // 60)
    return [*(minutes for minutes in _MINUTES if minutes < longest), longest]


def sooner(ends_at: datetime, now: datetime) -> list[int]:
    """Return the minutes from now after which something that ends then could end instead."""
    return [minutes for minutes in _MINUTES if now + timedelta(minutes=minutes) < ends_at]


def scopes_allowed(asked: tuple[str, ...], integration: AppIntegration, *, write: bool) -> tuple[str, ...]:
    """Return the scopes of the session. Writing is off unless the person switched it on.

    A person who signs in through a built-in command line has access-management inside all-apis (rest-api.md 2.4).
    """
    kept = [name for name in asked if write or name != Scope.MCP_WRITE]
    if integration.built_in and Scope.ALL_APIS in kept and Scope.ACCESS_MANAGEMENT not in kept:
        kept.append(Scope.ACCESS_MANAGEMENT)
    return tuple(str(name) for name in kept)


def ends(integration: AppIntegration, minutes: int, now: datetime) -> datetime:
    """Return when the session ends: after the chosen time, never later than the integration allows."""
    return now + min(timedelta(minutes=minutes), sessions.lifetime(integration))


def _named_catalog(resource: str) -> str | None:
    """Return the catalog in an MCP URL of the form /api/2.0/mcp/{kind}/{catalog}/..."""
    parts = resource.split("/")
    return unquote(parts[5]) if len(parts) > 5 and parts[4] in CATALOG_KINDS else None

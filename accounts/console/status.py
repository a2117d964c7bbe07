"""Status pills: words first; the tone colours only the dot and the tint."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal

from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import uses

Tone = Literal["good", "warn", "bad", "info", "off"]
SOON = timedelta(days=30)
URGENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Status:
    """What the pill says, its tone, and the tooltip."""

    label: str | Promise
    tone: Tone
    reason: str | Promise = ""


ACTIVE = Status(_("Active"), "good")
DISABLED = Status(_("Disabled"), "off")
EXPIRED = Status(_("Expired"), "off")
REVOKED = Status(_("Revoked"), "off")
ROTATING = Status(_("Rotating: 2 secrets valid"), "info")


def secret_ending(ends_at: datetime, now: datetime) -> Status | None:
    """Return the warning of a secret that ends within 30 days, red from 7; None when there is time."""
    days = _days_left(ends_at, now)
    label = ngettext("Secret expires in %(n)d day", "Secret expires in %(n)d days", days) % {"n": days}
    return _warning(label, ends_at - now, SOON, URGENT)


def _token_ending(ends_at: datetime, now: datetime) -> Status | None:
    days = _days_left(ends_at, now)
    label = ngettext("Ends in %(n)d day", "Ends in %(n)d days", days) % {"n": days}
    return _warning(label, ends_at - now, URGENT, timedelta(days=1))


def _days_left(ends_at: datetime, now: datetime) -> int:
    return max(1, ceil((ends_at - now) / timedelta(days=1)))


def _warning(label: str, left: timedelta, soon: timedelta, urgent: timedelta) -> Status | None:
    return None if left > soon else Status(label, "bad" if left <= urgent else "warn")


def of_token(*, expires_at: datetime, revoked_at: datetime | None, now: datetime) -> Status:
    """Return the status of a personal access token."""
    if revoked_at:
        return REVOKED
    if expires_at <= now:
        return EXPIRED
    return _token_ending(expires_at, now) or ACTIVE


def last_used(kind: str, ids: Iterable[object]) -> dict[str, datetime]:
    """Return when each of these credentials was last used; one that never was is left out."""
    return {key: use.last_used_at for key, use in uses.last(kind, ids).items()}


def absolute(moment: datetime) -> str:
    """Return a time in UTC as words."""
    return f"{date_format(moment.astimezone(UTC), 'j M Y, H:i')} UTC"

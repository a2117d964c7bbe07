"""Sessions: one authorization each. Codes, access and refresh tokens point to one; revoking it ends them all at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.scopes import covers
from audit import record
from audit.event import By, Event
from connections.models import AppIntegration, Consent, Session

DEFAULT_LIFETIME: Final = timedelta(days=30)  # where the integration sets no absolute session lifetime


def lifetime(integration: AppIntegration) -> timedelta:
    """Return how long a session of the integration may last at most."""
    minutes = integration.absolute_session_lifetime_in_minutes
    return timedelta(minutes=minutes) if minutes else DEFAULT_LIFETIME


def begin(consent: Consent, *, scopes: Sequence[str], catalogs: Sequence[str] | None, ends_at: datetime) -> Session:
    """Start the session of an authorization. What the person narrowed is frozen on it."""
    return Session.objects.create(
        user=consent.user,
        integration=consent.integration,
        consent=consent,
        scopes=list(scopes),
        catalogs=None if catalogs is None else list(catalogs),
        audience=consent.resource,
        ends_at=ends_at,
    )


def revoke(session: Session, reason: str) -> bool:
    """End the session with every code and token in it. False when it had ended before."""
    return bool(
        Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=timezone.now(), revoke_reason=reason)
    )


def live_of(person: User) -> QuerySet[Session]:
    """Return the sessions in which apps act for the person."""
    return Session.objects.filter(user=person, revoked_at=None, ends_at__gt=timezone.now())


@transaction.atomic
def end_all(person: User, *, by: By) -> int:
    """End every app session of the person and return how many there were. The apps have to ask again."""
    ended = live_of(person).update(revoked_at=timezone.now(), revoke_reason="ended_by_person")
    details = {"sessions": ended}
    record.write(Event(action="session.end_all", outcome="allowed", by=by, object=person.user_name, details=details))
    return ended


def scopes_left(session: Session) -> list[str]:
    """Return what the person allowed and an admin has not taken from the integration since."""
    held = frozenset(session.integration.scopes)
    return [name for name in session.scopes if covers(held, name)]


def problem(session: Session, now: datetime) -> str | None:
    """Say why no token may be made in this session: a reason for the audit record, or None."""
    user: User = session.user
    if session.revoked_at is not None:
        return "session_revoked"
    if session.ends_at <= now:
        return "session_over"
    if not user.is_active:
        return "principal_disabled"
    if user.deactivated_at is not None and session.started_at <= user.deactivated_at:
        return "principal_was_disabled"  # who comes back signs in anew: nothing from before wakes up
    return None if scopes_left(session) else "no_scope_left"

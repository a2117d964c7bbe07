"""Sessions: one authorization each. Codes, access and refresh tokens point to one; revoking it ends them all at once."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts.compiled import Compiled, Parameter
from accounts.models import User
from accounts.scopes import covers
from connections.models import AppIntegration, Consent, Session

_LOADED: Final = Compiled(Session.objects.select_related("user", "integration", "consent").filter(pk=Parameter("pk")))
DEFAULT_LIFETIME: Final = timedelta(days=30)  # where the integration sets no absolute session lifetime


def lifetime(integration: AppIntegration) -> timedelta:
    """Return how long a session of the integration may last at most."""
    minutes = integration.absolute_session_lifetime_in_minutes
    return timedelta(minutes=minutes) if minutes else DEFAULT_LIFETIME


def begin(consent: Consent, person: User) -> Session:
    """Start the session of an authorization. What the person allowed is frozen on it; only `narrow` changes it.

    `person` is the row that was read when it was found to be active: who is switched off meanwhile, and on again, has
    another time in it, so that nothing has to be locked.
    """
    return Session.objects.create(
        user=person,
        principal_deactivated_at=person.deactivated_at,
        integration=consent.integration,
        consent=consent,
        scopes=list(consent.scopes),
        catalogs=consent.catalogs,
        audience=consent.resource,
        ends_at=consent.ends_at,
    )


def narrow(consent: Consent) -> None:
    """Take from every live session under the consent what the consent no longer allows."""
    for session in consent.sessions.filter(revoked_at=None, ends_at__gt=timezone.now()).select_for_update():
        session.scopes = [name for name in consent.scopes if covers(frozenset(session.scopes), name)]
        if consent.catalogs is not None:
            session.catalogs = [
                name for name in consent.catalogs if session.catalogs is None or name in session.catalogs
            ]
        session.ends_at = min(session.ends_at, consent.ends_at)
        session.save(update_fields=["scopes", "catalogs", "ends_at"])


def revoke(session: Session, reason: str) -> bool:
    """End the session with every code and token in it. False when it had ended before."""
    return bool(
        Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=timezone.now(), revoke_reason=reason)
    )


def loaded(session_id: uuid.UUID) -> Session:
    """Return the session with all that `problem` judges, in one statement."""
    session = _LOADED.first(pk=session_id)
    if session is None:
        raise Session.DoesNotExist(session_id)
    return session


def live_of(person: User) -> QuerySet[Session]:
    """Return the sessions in which apps act for the person."""
    return Session.objects.filter(user=person, revoked_at=None, ends_at__gt=timezone.now())


def end(sessions: QuerySet[Session], reason: str) -> int:
    """End those of the sessions that live, and return how many they were."""
    now = timezone.now()
    return sessions.filter(revoked_at=None, ends_at__gt=now).update(revoked_at=now, revoke_reason=reason)


def scopes_left(session: Session) -> list[str]:
    """Return what the person allowed and an admin has not taken from the integration since."""
    held = frozenset(session.integration.scopes)
    return [name for name in session.scopes if covers(held, name)]


def problem(session: Session, now: datetime) -> str | None:
    """Say why no token may be made in this session: a reason for the audit record, or None.

    It comes from `loaded`.
    """
    user: User = session.user
    if session.revoked_at is not None:
        return "session_revoked"
    if session.consent is not None and session.consent.revoked_at is not None:
        return "consent_revoked"
    if session.ends_at <= now:
        return "session_over"
    if not user.is_active:
        return "principal_disabled"
    if user.deactivated_at != session.principal_deactivated_at:
        return "principal_was_disabled"  # who comes back signs in anew: nothing from before wakes up
    return None if scopes_left(session) else "no_scope_left"

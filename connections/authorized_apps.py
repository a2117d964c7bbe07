"""What apps may do in a person's name, as people and admins see it: consents with the life that is under them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import CredentialUse, User
from accounts.scopes import Scope
from connections.models import Consent, Session

_TOLD_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Authorization:
    """A consent, how many sessions live under it, and when one of them was last used."""

    consent: Consent
    sessions: int
    last_used_at: datetime | None

    @property
    def writes(self) -> bool:
        """Tell whether data may be changed."""
        return Scope.MCP_WRITE in self.consent.scopes


@dataclass(frozen=True, slots=True)
class Reuse:
    """A refresh token that was used twice (OAuth 2.1 4.3.1), and when the session was ended for it."""

    app: str
    at: datetime


def with_life(consents: Sequence[Consent]) -> list[Authorization]:
    """Return the consents in the same order, in two queries however many they are."""
    sessions: dict[object, list[str]] = {}
    live = Session.objects.filter(consent__in=consents, revoked_at=None, ends_at__gt=timezone.now())
    for consent_id, session_id in live.values_list("consent_id", "pk"):
        sessions.setdefault(consent_id, []).append(str(session_id))
    under = [key for keys in sessions.values() for key in keys]
    uses = CredentialUse.objects.filter(credential_kind="session", credential_id__in=under)
    used = dict(uses.values_list("credential_id", "last_used_at"))
    return [
        Authorization(
            consent=consent,
            sessions=len(sessions.get(consent.pk, ())),
            last_used_at=max((used[key] for key in sessions.get(consent.pk, ()) if key in used), default=None),
        )
        for consent in consents
    ]


def reuses(person: User) -> list[Reuse]:
    """Return the sessions of the last 30 days that ended because somebody used a spent refresh token again."""
    ended: QuerySet[Session] = Session.objects.filter(
        user=person, revoke_reason="refresh_token_reuse", revoked_at__gt=timezone.now() - _TOLD_FOR
    )
    rows = ended.order_by("-revoked_at").values_list("integration__name", "revoked_at")
    return [Reuse(name, at) for name, at in rows[:10] if at is not None]

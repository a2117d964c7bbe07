"""Stored consents: who is asked, when, and what an answer is good for."""

from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.scopes import Scope
from audit import record
from audit.event import By, Event
from connections import redirect_uri as redirects
from connections.models import AppIntegration, Consent
from connections.narrowing import Narrowed

_ALWAYS_ASKED: Final = frozenset({Scope.MCP_WRITE, Scope.ACCESS_MANAGEMENT})


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is asked. A consent answers exactly this question and no other."""

    user: User
    integration: AppIntegration
    scopes: tuple[str, ...]
    resource: str
    redirect_uri: str

    @property
    def key(self) -> dict[str, object]:
        """Return the columns that identify the question."""
        return {
            "user": self.user,
            "integration": self.integration,
            "requested_scopes": sorted(self.scopes),
            "resource": self.resource,
            "redirect_host": redirects.host(self.redirect_uri),
        }


def is_always_asked(question: Question) -> bool:
    """Tell whether the page is shown whatever was consented before.

    Nobody can tell who listens on the person's own computer, who registered itself, and what a write will do.
    """
    return (
        question.integration.registration_source != AppIntegration.RegistrationSource.MANUAL
        or redirects.stays_on_this_computer(question.redirect_uri)
        or not _ALWAYS_ASKED.isdisjoint(question.scopes)
    )


def is_powerful(question: Question) -> bool:
    """Tell whether the answer may give write access or the power to give power: that asks for a fresh sign-in."""
    by_command_line = question.integration.built_in and Scope.ALL_APIS in question.scopes
    return by_command_line or not _ALWAYS_ASKED.isdisjoint(question.scopes)


def find(question: Question) -> Consent | None:
    """Return the live consent that answers exactly this question."""
    return _live().filter(**question.key).order_by("-created_at").first()


def allowed_before(question: Question) -> frozenset[str]:
    """Return the scopes that the person has allowed this client so far, so that the page can show what is new."""
    lists = _live().filter(user=question.user, integration=question.integration).values_list("scopes", flat=True)
    return frozenset().union(*lists)


def allow(question: Question, narrowed: Narrowed) -> Consent:
    """Store the person's answer."""
    return Consent.objects.create(
        **question.key,
        scopes=list(narrowed.scopes),
        catalogs=None if narrowed.catalogs is None else list(narrowed.catalogs),
        ends_at=narrowed.ends_at,
    )


def narrowed_by(consent: Consent) -> Narrowed:
    """Return what was allowed, for a session that begins without the page."""
    catalogs = None if consent.catalogs is None else tuple(consent.catalogs)
    return Narrowed(tuple(consent.scopes), catalogs, consent.ends_at)


@transaction.atomic
def revoke(consent: Consent, *, by: By) -> int:
    """Take the consent back and end its sessions. Return how many ended."""
    now = timezone.now()
    Consent.objects.filter(pk=consent.pk, revoked_at=None).update(revoked_at=now)
    ended = consent.sessions.filter(revoked_at=None, ends_at__gt=now).update(
        revoked_at=now, revoke_reason="consent_revoked"
    )
    client = consent.integration
    record.write(
        Event(
            action="consent.revoke",
            outcome="allowed",
            by=by,
            object=f"consent:{consent.pk}",
            details={"client_id": client.client_id, "name": client.name, "sessions": ended},
        )
    )
    return ended


def end_all(client: AppIntegration, *, reason: str) -> int:
    """Take back every consent of a client that is no longer the one that people allowed. Return how many."""
    now = timezone.now()
    client.sessions.filter(revoked_at=None, ends_at__gt=now).update(revoked_at=now, revoke_reason=reason)
    return client.consents.filter(revoked_at=None).update(revoked_at=now)


def _live() -> QuerySet[Consent]:
    return Consent.objects.filter(revoked_at=None, ends_at__gt=timezone.now())

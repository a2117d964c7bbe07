"""Stored consents: who is asked, when, and what an answer is good for."""

from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from accounts.models import User
from accounts.scopes import Scope, covers
from audit import record
from audit.event import By, Event
from connections import redirect_uri as redirects
from connections import sessions
from connections.models import AppIntegration, Consent, Session
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


def newest(question: Question) -> Consent | None:
    """Return the last answer to exactly this question, be it over. Only this one counts: taken back, it is no."""
    return Consent.objects.filter(**question.key).order_by("-created_at").first()


def held(consent: Consent) -> Consent:
    """Return the consent as it stands now, and let nobody change it before the caller's transaction is over."""
    return Consent.objects.select_for_update().get(pk=consent.pk)


def allowed_before(question: Question) -> frozenset[str]:
    """Return the scopes that the person has allowed this client so far, so that the page can show what is new."""
    lists = live().filter(user=question.user, integration=question.integration).values_list("scopes", flat=True)
    return frozenset().union(*lists)


def allow(question: Question, narrowed: Narrowed, *, pre_approved: bool = False) -> Consent:
    """Store the person's answer, or the one that an admin gave in advance."""
    consent = Consent(**question.key, pre_approved=pre_approved)
    _put(consent, narrowed)
    consent.save(force_insert=True)
    return consent


@transaction.atomic
def narrow(consent: Consent, wanted: Narrowed, *, by: By) -> None:
    """Take something away from the consent and from every session under it. Raise Invalid for what would add."""
    locked = live().select_for_update(of=("self",)).filter(pk=consent.pk).first()
    if locked is None:
        raise NotFound("The consent has ended or was taken back.")
    _refuse_more(locked, wanted)
    before = describe(locked)
    _put(locked, wanted)
    if before == describe(locked):
        return
    locked.save(update_fields=["scopes", "catalogs", "ends_at"])
    sessions.narrow(locked)
    _write("narrow", locked, by, before=before, after=describe(locked))


@transaction.atomic
def revoke(consent: Consent, *, by: By) -> int:
    """Take the consent back and end its sessions. Return how many ended."""
    before = describe(consent)
    if not Consent.objects.filter(pk=consent.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return 0
    ended = sessions.end(consent.sessions.all(), "consent_revoked")
    _write("revoke", consent, by, before=before, sessions=ended)
    return ended


@transaction.atomic
def revoke_all(
    person: User | None, client: AppIntegration | None = None, *, by: By, reason: str = "ended_by_person"
) -> int:
    """Take back all that the person allowed, or all that the client was allowed, or what is both, with its sessions.

    Return how many sessions ended. The apps have to ask again.
    """
    chosen = {"user": person, "integration": client}
    filters = {name: row for name, row in chosen.items() if row is not None}
    if not filters:
        raise ValueError("Say whose consents, or of which client.")
    taken_back = live().filter(**filters).update(revoked_at=timezone.now())
    ended = sessions.end(Session.objects.filter(**filters), reason)
    whose = person.user_name if person else ""
    details = {"consents": taken_back, "sessions": ended, "person": whose}
    of = {"client_id": client.client_id, "name": client.name} if client else {}
    about = whose if client is None else f"client:{client.client_id}"
    record.write(Event(action="consent.revoke_all", outcome="allowed", by=by, object=about, details={**details, **of}))
    return ended


def end_all(client: AppIntegration, *, reason: str) -> int:
    """Take back every consent of a client that is no longer the one that people allowed. Return how many."""
    sessions.end(client.sessions.all(), reason)
    return client.consents.filter(revoked_at=None).update(revoked_at=timezone.now())


def live() -> QuerySet[Consent]:
    """Return the consents in force."""
    return Consent.objects.filter(revoked_at=None, ends_at__gt=timezone.now())


def describe(consent: Consent) -> dict[str, Any]:
    """Return what was allowed, as the API names it."""
    return {"scopes": consent.scopes, "catalogs": consent.catalogs, "expire_time": consent.ends_at.isoformat()}


def _refuse_more(consent: Consent, wanted: Narrowed) -> None:
    problems: dict[str, list[str]] = {}
    added = [name for name in wanted.scopes if not covers(frozenset(consent.scopes), name)]
    needed = consent.integration.user_authorized_scopes
    missing = [name for name in needed if not covers(frozenset(wanted.scopes), name)]
    if added or not wanted.scopes:
        problems["scopes"] = [f"Scopes can only be taken away, and one has to stay. Not allowed: {', '.join(added)}."]
    elif missing:
        problems["scopes"] = [f"The app does not work without {', '.join(missing)}. Take the consent back instead."]
    if not _is_within(wanted.catalogs, consent.catalogs):
        problems["catalogs"] = ["Catalogs can only be taken away, and one has to stay."]
    if not timezone.now() < wanted.ends_at <= consent.ends_at:
        problems["expire_time"] = [f"Give a time in the future, at the latest {consent.ends_at.isoformat()}."]
    if problems:
        raise Invalid(problems)


def _is_within(wanted: tuple[str, ...] | None, allowed: list[str] | None) -> bool:
    if wanted is None:
        return allowed is None
    return bool(wanted) and (allowed is None or set(wanted) <= set(allowed))


def _put(consent: Consent, narrowed: Narrowed) -> None:
    consent.scopes = list(narrowed.scopes)
    consent.catalogs = None if narrowed.catalogs is None else list(narrowed.catalogs)
    consent.ends_at = narrowed.ends_at


def _write(verb: str, consent: Consent, by: By, **details: Any) -> None:
    client = consent.integration
    about = {"client_id": client.client_id, "name": client.name, "person": consent.user.user_name}
    record.write(
        Event(
            action=f"consent.{verb}",
            outcome="allowed",
            by=by,
            object=f"consent:{consent.pk}",
            details={**about, **details},
        )
    )

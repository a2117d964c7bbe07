"""The audit records of signing in and out at the console."""

from django.db import transaction
from django.http import HttpRequest

from accounts.addresses import address_of
from accounts.models import User
from audit import record
from audit.event import By, Event, Outcome


def allowed(request: HttpRequest, person: User, *, method: str) -> None:
    """Record that this person came in."""
    _record("sign_in", "allowed", _by(request, person), method=method)


def denied(request: HttpRequest, reason: str, *, person: User | None) -> None:
    """Record a refused attempt. What was typed as e-mail may be a password, so only who is known is named."""
    _record("sign_in", "denied", _by(request, person), reason=reason)


def ended(request: HttpRequest, person: User) -> None:
    """Record that this person signed out."""
    _record("sign_out", "allowed", _by(request, person))


def refused_page(request: HttpRequest) -> None:
    """Record that a page was refused to an address."""
    person = request.user if isinstance(request.user, User) else None
    _record("console.open", "denied", _by(request, person), reason="address_refused", path=request.path[:200])


def _by(request: HttpRequest, person: User | None) -> By:
    return By(
        principal_id=person.pk if person else None,
        principal_kind=person.kind if person else "",
        principal_name=person.user_name if person else "",
        credential_kind="session",
        address=address_of(request),
        request_id=getattr(request, "request_id", ""),
    )


def _record(action: str, outcome: Outcome, by: By, reason: str = "", **details: str) -> None:
    with transaction.atomic():
        record.write(Event(action=action, outcome=outcome, by=by, reason=reason, details=details))

"""Who acts in the console, for the audit record."""

from dataclasses import replace

from django.http import HttpRequest

from accounts.addresses import address_of
from accounts.models import User
from audit.event import By


def by_of(request: HttpRequest, person: User | None = None) -> By:
    """Return the signed-in person, or one who is signing in, with address and request id."""
    person = person or (request.user if isinstance(request.user, User) else None)
    where = By(address=address_of(request), request_id=getattr(request, "request_id", ""))
    if person is None:
        return where
    return replace(
        where,
        principal_id=person.id,
        principal_kind=person.kind,
        principal_name=person.user_name,
        credential_kind="session",
    )

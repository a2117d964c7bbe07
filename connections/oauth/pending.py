"""oauth.md 5: a checked request waits on the server, under a one-time handle that works in one browser only."""

import secrets as random
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

from django.http import HttpRequest
from django.utils import timezone

from accounts import secrets
from accounts.models import User
from connections.models import AuthorizationRequest

LIFETIME: Final = timedelta(minutes=10)
DEVICE: Final = "device:"  # stands for the redirect URI of a device, as a private scheme that is never followed


@dataclass(frozen=True, slots=True)
class Asked:
    """An authorization request (RFC 6749 4.1.1) whose every part was checked."""

    client_id: str
    scopes: tuple[str, ...]
    resource: str
    redirect_uri: str
    state: str | None
    code_challenge: str
    read_only: bool  # gp_read_only: the link fixes the choice
    catalog: str  # gp_catalog: likewise
    device: int | None = None  # the waiting device (RFC 8628) whose code the person typed; it gets no redirect


def keep(asked: Asked, user: User, request: HttpRequest) -> str:
    """Store the request for the signed-in person and return the handle for the page."""
    AuthorizationRequest.objects.filter(user=user, expires_at__lte=timezone.now()).delete()
    handle = random.token_urlsafe(32)
    AuthorizationRequest.objects.create(
        digest=secrets.digest(handle),
        browser=_browser(request),
        user=user,
        parameters=asdict(asked),
        expires_at=timezone.now() + LIFETIME,
    )
    return handle


def take(handle: str, user: User, request: HttpRequest) -> Asked | None:
    """Return the request and forget it, or None when the handle is used up, too old, or of another browser."""
    mine = AuthorizationRequest.objects.select_for_update().filter(
        digest=secrets.digest(handle), browser=_browser(request), user=user, expires_at__gt=timezone.now()
    )
    found = mine.first()
    if found is None:
        return None
    found.delete()
    return Asked(**{**found.parameters, "scopes": tuple(found.parameters["scopes"])})


def _browser(request: HttpRequest) -> bytes:
    return secrets.digest(request.session.session_key or "")

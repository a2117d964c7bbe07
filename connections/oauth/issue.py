"""RFC 6749 5.1: the rows behind an answer of the token endpoint. Only digests are stored."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from oauthlib.common import Request

from accounts import secrets
from accounts.compiled import insertion
from accounts.scopes import Scope
from connections.models import AccessToken, RefreshToken
from connections.oauth import attempt, errors, targets
from connections.resources import EVERYTHING

DEFAULT_LIFETIME: Final = timedelta(hours=1)  # where no policy of a client says another


def lifetime(request: Request) -> int:
    """Return the seconds that the access token of this request will live. None outlives its session or credential."""
    here = attempt.of(request)
    is_policed = request.client is not None and request.client.service_account_id is None
    wanted = timedelta(minutes=request.client.access_token_ttl_in_minutes) if is_policed else DEFAULT_LIFETIME
    return int(min(wanted, here.ends_at - timezone.now()).total_seconds())


def access_token(token: dict[str, Any], request: Request) -> AccessToken:
    """Store the access token of the answer."""
    here = attempt.of(request)
    here.scopes = tuple(token["scope"].split())
    row = AccessToken(
        token="",
        token_checksum=secrets.digest(token["access_token"]).hex(),
        user=request.user,
        application=request.client,
        scope=token["scope"],
        expires=timezone.now() + timedelta(seconds=token["expires_in"]),
        audience=here.audience,
        session=here.session,
        secret=here.secret,
        key=here.key,
        personal_access_token=here.personal_access_token,
        principal_deactivated_at=request.user.deactivated_at,
    )
    here.rows["access"] = insertion(row)
    return row


def refresh_token(raw: str, request: Request) -> None:
    """Store a refresh token of the session. Its life is counted from now, and ends with the session."""
    here = attempt.of(request)
    session = attempt.certain(here.session)
    wanted = timezone.now() + timedelta(minutes=request.client.refresh_token_ttl_in_minutes)
    row = RefreshToken(
        token="",
        token_checksum=secrets.digest(raw).hex(),
        user=request.user,
        application=request.client,
        session=session,
        expires_at=min(wanted, session.ends_at),
    )
    here.rows["refresh"] = insertion(row)


def for_code(token: dict[str, Any], request: Request) -> None:
    """Store the tokens of a redeemed code. Only `offline_access` brings a refresh token."""
    access_token(token, request)
    if Scope.OFFLINE_ACCESS in request.scopes:
        refresh_token(token["refresh_token"], request)
    else:
        del token["refresh_token"]


def for_service_account(token: dict[str, Any], request: Request) -> None:
    """Store the token of a service account, bound to the secret or key that it was issued for."""
    attempt.of(request).audience = targets.narrowed(request, EVERYTHING, errors.InvalidTarget)
    access_token(token, request)

"""RFC 6749 6, OAuth 2.1 4.3: refresh tokens of one use, with an overlap for clients that refresh in parallel."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from oauthlib.common import Request

from accounts import secrets
from accounts.compiled import Compiled, Parameter
from connections import sessions
from connections.models import RefreshToken
from connections.oauth import attempt, errors, issue, sealing, targets

_LOCKED: Final = Compiled(RefreshToken.objects.select_for_update().filter(token_checksum=Parameter("digest")))

_USE_UP: Final = """
    UPDATE connections_refreshtoken
    SET consumed_at = %s, updated = now(), sealed_answer = %s, successor_id = (SELECT id FROM refresh) WHERE id = %s
"""
_CLEAR: Final = "UPDATE connections_refreshtoken SET sealed_answer = NULL WHERE successor_id = %s"


def redeem(raw: str, request: Request) -> None:
    """Take the refresh token for this request, or refuse it. The row stays locked until the request is answered."""
    token = _locked(raw, request)
    now = timezone.now()
    token.session = session = sessions.loaded(token.session_id)
    here = attempt.of(request)
    here.session, here.user = session, session.user
    problem = sessions.problem(session, now)
    if problem:
        raise _refusal(request, problem)
    here.replayed = _replayed(token, raw, request, now) if token.consumed_at else None
    if here.replayed is None and token.expires_at <= now:
        raise _refusal(request, "refresh_token_expired")
    here.refresh, request.user = token, session.user
    here.audience = targets.narrowed(request, session.audience, errors.InvalidTarget)


def scopes(request: Request) -> list[str]:
    """Return what is left of what the person allowed in the session of the redeemed token."""
    return sessions.scopes_left(attempt.certain(attempt.of(request).session))


def rotates(request: Request) -> bool:
    """Tell whether this client's refresh tokens are for one use. Only a confidential one may be excepted."""
    return not (request.client.confidential and request.client.enable_single_use_refresh_tokens is False)


def answer(token: dict[str, Any], request: Request) -> None:
    """Store the new tokens, and the whole answer sealed on the row that was used up."""
    here = attempt.of(request)
    if here.replayed is not None:
        token.clear()
        token.update(here.replayed)
        return
    access = issue.access_token(token, request)
    if not rotates(request):
        return
    used = attempt.certain(here.refresh)
    issue.refresh_token(token["refresh_token"], request)
    sealed = sealing.seal(request.refresh_token, {**token, "expires_at": access.expires.timestamp()})
    here.rows["used"] = (_USE_UP, [timezone.now(), sealed, used.pk])
    # Once a successor is used, the answer that carried it is dead.
    here.rows["dead"] = (_CLEAR, [used.pk])


def _replayed(token: RefreshToken, raw: str, request: Request, now: datetime) -> dict[str, Any]:
    """A token that was used before: the same answer again within the overlap, else it is theft or a broken client."""
    overlap = timedelta(seconds=settings.GATEPOST_REFRESH_OVERLAP_SECONDS)
    if token.consumed_at is None or token.consumed_at + overlap <= now:
        # OAuth 2.1 4.3.1: reuse of an invalidated token ends the session.
        sessions.revoke(token.session, "refresh_token_reuse")
        raise _refusal(request, "refresh_token_reuse")
    successor = RefreshToken.objects.filter(pk=token.successor_id, consumed_at=None).first()
    sealed = sealing.unseal(raw, token.sealed_answer) if successor and token.sealed_answer else None
    if sealed is None:
        raise _refusal(request, "successor_used")
    attempt.of(request).details["repeated"] = True
    sealed["expires_in"] = max(0, int(sealed.pop("expires_at") - now.timestamp()))
    return sealed


def _locked(raw: str, request: Request) -> RefreshToken:
    if secrets.prefix_of(raw) is not secrets.Prefix.REFRESH_TOKEN:
        raise _refusal(request, "unknown_refresh_token")
    token = _LOCKED.first(digest=secrets.digest(raw).hex())
    if token is None:
        raise _refusal(request, "unknown_refresh_token")
    if token.application_id != request.client.pk:
        raise _refusal(request, "refresh_token_of_another_client")
    return token


def _refusal(request: Request, reason: str) -> Exception:
    return attempt.refusal(
        request, errors.InvalidGrant, "The refresh token is not valid any more. Authorize again.", reason=reason
    )

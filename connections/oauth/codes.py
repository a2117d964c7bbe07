"""RFC 6749 4.1.2 and 4.1.3, RFC 7636 4.6: authorization codes. One use, 60 seconds, bound to client, redirect, PKCE."""

import re
from datetime import timedelta
from typing import Final

from django.utils import timezone
from oauthlib.common import Request

from accounts import secrets
from accounts.compiled import Compiled, Parameter
from audit import prepared
from connections import sessions
from connections.models import AuthorizationCode
from connections.oauth import attempt, errors, targets

LIFETIME: Final = timedelta(seconds=60)
_LOCKED: Final = Compiled(AuthorizationCode.objects.select_for_update().filter(code=Parameter("digest")))
_USE_UP: Final = "UPDATE connections_authorizationcode SET used_at = %(now)s, updated = %(now)s WHERE id = %(code)s"
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256 digest
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Tell whether this can be an S256 challenge (RFC 7636 4.2)."""
    return _CHALLENGE.fullmatch(text) is not None


def of(request: Request) -> AuthorizationCode:
    """Return the code that this request redeemed."""
    return attempt.certain(attempt.of(request).code)


def store(raw: str, request: Request) -> None:
    """Keep the digest of a new code with all that it is bound to."""
    session = attempt.certain(attempt.of(request).session)
    attempt.of(request).code = AuthorizationCode.objects.create(
        code=secrets.digest(raw).hex(),
        application=session.integration,
        user=session.user,
        session=session,
        expires=timezone.now() + LIFETIME,
        redirect_uri=request.redirect_uri,
        scope=" ".join(session.scopes),
        code_challenge=request.code_challenge,
        code_challenge_method=request.code_challenge_method,
    )


def redeem(raw: str, request: Request) -> None:
    """Take the code for this request, or refuse it. Whatever its client sends with it, a code works once."""
    code = _locked(raw, request)
    now = timezone.now()
    session = sessions.loaded(code.session_id)
    here = attempt.of(request)
    here.session, here.user = session, session.user
    if code.used_at is not None:
        # RFC 6749 4.1.2: a code that is used twice SHOULD revoke all tokens that were issued for it.
        sessions.revoke(session, "code_replayed")
        raise _refusal(request, "code_replayed")
    prepared.execute(_USE_UP, {"code": code.pk, "now": now})
    if code.expires <= now:
        raise _refusal(request, "code_expired")
    problem = sessions.problem(session, now)
    if problem:
        raise _refusal(request, problem)
    if not _VERIFIER.fullmatch(request.code_verifier or ""):
        raise _refusal(request, "code_verifier_malformed")
    here.reason = "code_verifier_wrong"  # oauthlib compares next; `confirm_redirect_uri` clears this
    here.code = code
    request.user, request.scopes = session.user, sessions.scopes_left(session)
    here.audience = targets.narrowed(request, session.audience, errors.InvalidGrant)


def confirm_redirect_uri(redirect_uri: str, request: Request) -> None:
    """RFC 6749 4.1.3: the redirect URI MUST be identical to the one of the authorization request."""
    if redirect_uri != of(request).redirect_uri:
        raise _refusal(request, "other_redirect_uri")
    attempt.of(request).reason = ""


def _locked(raw: str, request: Request) -> AuthorizationCode:
    if secrets.prefix_of(raw) is not secrets.Prefix.AUTHORIZATION_CODE:
        raise _refusal(request, "unknown_code")
    code = _LOCKED.first(digest=secrets.digest(raw).hex())
    if code is None:
        raise _refusal(request, "unknown_code")
    if code.application_id != request.client.pk:
        raise _refusal(request, "code_of_another_client")
    return code


def _refusal(request: Request, reason: str) -> Exception:
    return attempt.refusal(
        request, errors.InvalidGrant, "The authorization code is not valid. Authorize again.", reason=reason
    )

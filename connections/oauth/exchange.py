"""RFC 8693: a personal access token is exchanged for an access token that opens no more and lives no longer.

The new token stays tied to the one that was brought: connections.credentials reads both, so that revoking, narrowing or
binding that one, its network list and its owner are felt by the new one too.
"""

import time
from datetime import datetime
from typing import Final

from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Error

from accounts import secrets, uses
from accounts.compiled import Compiled, Parameter
from accounts.models import PersonalAccessToken
from connections.models import AppIntegration
from connections.oauth import attempt, clients, errors, targets
from connections.oauth.flow import Flow
from connections.resources import EVERYTHING

GRANT_TYPE: Final = AppIntegration.GRANT_TOKEN_EXCHANGE
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a kind of token
PERSONAL_ACCESS_TOKEN: Final = "urn:databricks:params:oauth:token-type:personal-access-token"  # noqa: S105 - likewise
# To leave one of these out of account would give more than was asked for.
_NOT_DONE: Final = ("actor_token", "actor_token_type", "authorization_details", "assume_group")
PARAMETERS: Final = frozenset({"subject_token", "subject_token_type", "requested_token_type", "audience", *_NOT_DONE})

_TOKEN: Final = Compiled(PersonalAccessToken.objects.select_related("owner").filter(digest=Parameter("digest")))


class ExchangeFlow(Flow):
    """RFC 8693 2.1: the token that is brought says who asks; a client may say which one it is, and then has to prove it."""

    refresh_token = False  # whoever has the personal access token comes back with it

    def validate_token_request(self, request: Request) -> None:
        """Check client, token, scopes and resource; raise what RFC 8693 2.2.2 answers."""
        _check_form(request)
        if request.client_id or clients.presents_secret(request):
            self.know_client(request)
        redeem(request)
        self.validate_scopes(request)
        request.extra_credentials = {"issued_token_type": ACCESS_TOKEN}


def redeem(request: Request) -> None:
    """Take the token that is brought for this request, or refuse it."""
    here = attempt.of(request)
    here.personal_access_token = token = _found(_sent(request, "subject_token"), request)
    here.user = request.user = token.owner
    clients.check_address(request)
    problem = _problem(token, timezone.now())
    if problem:
        raise _refusal(request, problem)
    uses.note("pat", token.pk, here.address, time.time())
    # Without `resource` the new token is for all that the one behind it is for, at each call.
    here.audience = targets.named(request, token.resources or [EVERYTHING]) or EVERYTHING


def _check_form(request: Request) -> None:
    """RFC 8693 2.1: what is not known is refused; nothing is guessed."""
    if _sent(request, "subject_token_type") != PERSONAL_ACCESS_TOKEN:
        raise _unsupported(request, f"Send subject_token_type={PERSONAL_ACCESS_TOKEN}.")
    if _sent(request, "requested_token_type") not in {"", ACCESS_TOKEN}:
        raise _unsupported(request, f"Only requested_token_type={ACCESS_TOKEN} is issued.")
    not_done = [name for name in _NOT_DONE if _sent(request, name)]
    if not_done:
        raise _unsupported(request, f"{not_done[0]} is not supported.")
    if not _sent(request, "subject_token"):
        raise errors.InvalidRequest(description="Send subject_token.", request=request)
    if _sent(request, "audience"):
        description = "No audience is known. Name the MCP URL that the token is for as resource."
        raise attempt.refusal(request, errors.InvalidTarget, description, reason="unknown_audience")


def _found(raw: str, request: Request) -> PersonalAccessToken:
    known = secrets.prefix_of(raw) is secrets.Prefix.PERSONAL_ACCESS_TOKEN
    token = _TOKEN.first(digest=secrets.digest(raw)) if known else None
    if token is None:
        raise _refusal(request, "unknown_token")
    return token


def _problem(token: PersonalAccessToken, now: datetime) -> str | None:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= now:
        return "expired"
    return None if token.owner.is_active else "principal_disabled"


def _sent(request: Request, name: str) -> str:
    # oauthlib's request has no attribute for a parameter that it does not know and that was not sent.
    return getattr(request, name, None) or ""


def _unsupported(request: Request, description: str) -> OAuth2Error:
    return attempt.refusal(request, errors.InvalidRequest, description, reason="unsupported_exchange")


def _refusal(request: Request, reason: str) -> OAuth2Error:
    # RFC 8693 2.2.2: a subject_token that is invalid for any reason MUST be answered with invalid_request.
    description = "The personal access token is unknown, revoked or expired. Make a new one."
    return attempt.refusal(request, errors.InvalidRequest, description, reason=reason)

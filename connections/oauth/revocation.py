"""RFC 7009 2: a refresh token ends its session, an access token ends itself. Unknown tokens are no error."""

from oauthlib.common import Request
from oauthlib.oauth2 import RevocationEndpoint

from accounts import secrets
from accounts.models import User
from connections import sessions
from connections.models import AccessToken, Session
from connections.oauth import attempt, clients


class Revocation(RevocationEndpoint):
    """RFC 7009 2.1: the client authenticates. A disabled one may still end what it has."""

    def validate_revocation_request(self, request: Request) -> None:
        """Check the request, its client, and where it comes from."""
        super().validate_revocation_request(request)
        clients.check_address(request)


def revoke(raw: str, request: Request) -> None:
    """End what the token stands for, if it was issued to the client that asks (RFC 7009 2.1)."""
    here = attempt.of(request)
    kind = secrets.prefix_of(raw)
    checksum = secrets.digest(raw).hex()
    if kind is secrets.Prefix.REFRESH_TOKEN:
        _end_session(checksum, here)
    elif kind is secrets.Prefix.ACCESS_TOKEN:
        _end_access_token(checksum, here)
    here.details["found"] = here.user is not None


def _end_session(checksum: str, here: attempt.Attempt) -> None:
    session = (
        Session.objects.select_related("user")
        .filter(refresh_tokens__token_checksum=checksum, integration=here.client)
        .first()
    )
    if session is not None:
        here.session, here.user = session, session.user
        sessions.revoke(session, "revoked_by_client")


def _end_access_token(checksum: str, here: attempt.Attempt) -> None:
    token = (
        AccessToken.objects.select_related("user", "session")
        .filter(token_checksum=checksum, application=here.client)
        .first()
    )
    if token is not None:
        user: User | None = token.user
        here.session, here.user = token.session, user
        token.delete()

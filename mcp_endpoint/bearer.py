"""RFC 6750 2.1, 3.1: rungs 6 and 7. The credential comes in the Authorization header and nowhere else."""

import re

from connections import tokens
from connections.errors import InvalidToken
from connections.errors import Refusal as Refused
from connections.grant import Grant
from mcp_endpoint import challenge, entrance
from mcp_endpoint.exchange import Refusal, Request
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.server import Server

_CREDENTIAL = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)")  # RFC 6750 2.1: b64token


def token(request: Request) -> str | None:
    """Return what the request brings, None when it brings nothing. Raise InvalidToken for what has another form."""
    header = request.headers.get("authorization", "")
    if not header[:7].lower().startswith("bearer"):
        return None
    credential = _CREDENTIAL.fullmatch(header)
    if credential is None:
        raise InvalidToken("The Authorization header is not of the form: Bearer TOKEN", reason="malformed_header")
    return credential[1]


async def authenticate(request: Request, server: Server) -> Grant:
    """Return what the credential of the request may do here."""
    try:
        raw = token(request)
        if raw is None:
            raise _unauthorized(request, server, None)
        return await tokens.verify(raw, resource=server.path, address=request.address)
    except InvalidToken as error:
        raise _unauthorized(request, server, error) from None
    except Refused as error:
        # No challenge: signing in again would not help, and the client would do so for ever.
        headers = tuple((name.lower(), value) for name, value in error.headers.items())
        word = "temporarily_unavailable" if error.status_code == 503 else "access_denied"
        raise Refusal(
            error.status_code, error.description, error=word, reason=error.reason, headers=headers, by=error.by
        ) from None


def _unauthorized(request: Request, server: Server, error: InvalidToken | None) -> Refusal:
    entrance.count_stranger(request)
    base_url, scope = entrance.base_url(request), " ".join(KINDS[server.kind].read_scopes)
    if error is None:
        header = challenge.missing(base_url, server, scope)
        return Refusal(401, "Sign in first.", error="unauthorized", reason="no_credential", headers=(header,))
    header = challenge.invalid_token(base_url, server, scope, error.description)
    return Refusal(401, error.description, error="invalid_token", reason=error.reason, headers=(header,), by=error.by)

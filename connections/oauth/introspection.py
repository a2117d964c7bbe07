"""RFC 7662 2: a client asks whether a token is good. Only its own tokens, unless an admin lets it ask about all."""

from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2 import IntrospectEndpoint

from audit import event_loop
from connections import tokens
from connections.grant import Grant
from connections.oauth import attempt, clients, errors
from connections.resources import EVERYTHING


class Introspection(IntrospectEndpoint):
    """RFC 7662 2.1: the endpoint MUST require authorization, so a public client may not ask."""

    def validate_introspect_request(self, request: Request) -> None:
        """Check the request, and that its client authenticated and may come in."""
        super().validate_introspect_request(request)
        if not request.client.confidential:
            raise attempt.refusal(
                request, errors.InvalidClient, "Authenticate the client.", reason="client_not_authenticated"
            )
        clients.admit(request)


def claims(raw: str, request: Request) -> dict[str, Any] | None:
    """Return what the token is good for, or None: RFC 7662 2.2 keeps apart neither dead from foreign nor why."""
    attempt.of(request).is_recorded = False  # nothing is decided
    found = event_loop.run(tokens.inspect(raw))
    if found is None or not _may_know(found[0], request):
        return None
    grant, issued_at = found
    issuer = attempt.of(request).issuer
    described = {
        "sub": grant.principal.name if grant.principal.kind == "service" else str(grant.principal.id),
        "client_id": grant.client.id if grant.client else None,
        "scope": " ".join(sorted(grant.scopes)),
        "aud": [issuer if path == EVERYTHING else issuer + path for path in grant.audience],
        "iss": issuer,
        "iat": int(issued_at.timestamp()),
        "exp": int(grant.expires_at.timestamp()),
        "token_type": "Bearer",
    }
    return {name: value for name, value in described.items() if value is not None}


def _may_know(grant: Grant, request: Request) -> bool:
    is_own = grant.client is not None and grant.client.id == request.client.client_id
    return is_own or request.client.may_introspect

"""RFC 6750 2.1: the REST API knows its caller by a bearer token in the Authorization header, and by nothing else."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.addresses import address_of
from accounts.errors import Invalid
from audit import event_loop
from connections import tokens
from connections.credentials import Surface
from connections.errors import TemporarilyUnavailable
from connections.grant import Grant, Principal

_ACCOUNT = "/api/2.0/accounts/"
_PROXY = "/api/2.0/accounts/servicePrincipals/"  # has the shape of an account path, belongs to the workspace
_LIMIT = 10.0  # seconds


class GrantAuthentication(BaseAuthentication):
    """`request.user` is the principal, `request.auth` the Grant."""

    def authenticate(self, request: Request) -> tuple[Principal, Grant] | None:
        """Return the caller, or None without a bearer token. A token that is sent must be good."""
        # RFC 9700 4.3.2: a token in a query ends up in logs and histories.
        if "access_token" in request.query_params:
            raise Invalid({"access_token": ["A token is never sent in the URL. Use the Authorization header."]})
        scheme, _, raw = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer":
            return None
        grant = _verify(raw.strip(), request)
        return grant.principal, grant

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge for a request without a token."""
        return 'Bearer realm="gatepost"'


def _verify(raw: str, request: Request) -> Grant:
    is_account = request.path.startswith(_ACCOUNT) and not request.path.startswith(_PROXY)
    surface: Surface = "account" if is_account else "workspace"
    address = address_of(request._request)
    grant = tokens.remembered(raw, resource=None, address=address, surface=surface)
    if grant is not None:
        return grant
    try:
        return event_loop.run(tokens.verify(raw, resource=None, address=address, surface=surface), _LIMIT)
    except TimeoutError as error:
        raise TemporarilyUnavailable(
            "The control database does not answer. Try again in a moment.", reason="database_unreachable"
        ) from error

"""RFC 6750 3.1: why a request with a bearer token is refused. The doors render these; `by` is for the audit record only.

`description` is for the client, `reason` is the word of the audit record. `status_code`, `error_code` and `headers` are
what the REST API reads; the MCP endpoint writes its own challenge, because it names the metadata document too.
"""

from collections.abc import Iterable
from typing import ClassVar

from audit.event import NOBODY, By


class Refusal(Exception):
    """The request is refused before anything is done."""

    status_code: ClassVar[int]
    error_code: ClassVar[str]

    def __init__(self, description: str, *, reason: str, by: By = NOBODY) -> None:
        super().__init__(description)
        self.description = description
        self.reason = reason
        self.by = by

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the answer."""
        return {}


class InvalidToken(Refusal):
    """RFC 6750 3.1 invalid_token: malformed, unknown, revoked, expired, or not for this resource."""

    status_code = 401
    error_code = "UNAUTHENTICATED"

    @property
    def headers(self) -> dict[str, str]:
        """Return the challenge."""
        challenge = f'Bearer realm="gatepost", error="invalid_token", error_description="{self.description}"'
        return {"WWW-Authenticate": challenge}


class InsufficientScope(Refusal):
    """RFC 6750 3.1 insufficient_scope: a token with these scopes could do it."""

    status_code = 403
    error_code = "PERMISSION_DENIED"

    def __init__(self, scopes: Iterable[str], *, by: By = NOBODY) -> None:
        self.scopes = tuple(sorted(scopes))
        description = f"This needs the scope {' '.join(self.scopes)}. Use a token that has it."
        super().__init__(description, reason="insufficient_scope", by=by)

    @property
    def headers(self) -> dict[str, str]:
        """Return the challenge."""
        scope = " ".join(self.scopes)
        return {"WWW-Authenticate": f'Bearer realm="gatepost", error="insufficient_scope", scope="{scope}"'}


class AddressRefused(Refusal):
    """A network access list does not let this address in. Another token would not help, so there is no challenge."""

    status_code = 403
    error_code = "PERMISSION_DENIED"


class ClientDisabled(Refusal):
    """An admin switched the app integration off. Signing in again would not help, so there is no challenge."""

    status_code = 403
    error_code = "PERMISSION_DENIED"


class TemporarilyUnavailable(Refusal):
    """The control database cannot be asked now. Nothing is let in on what is not known."""

    status_code = 503
    error_code = "TEMPORARILY_UNAVAILABLE"

    @property
    def headers(self) -> dict[str, str]:
        """Say when to come back."""
        return {"Retry-After": "1"}

"""RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5, RFC 8707 2: one class for each error code. `description` is for the client to read."""

from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc8628 import errors as device_errors
from oauthlib.openid.connect.core import exceptions


class InvalidRequest(errors.InvalidRequestError):
    """The request lacks a parameter, repeats one, or is otherwise malformed."""


class InvalidClient(errors.InvalidClientError):
    """Client authentication failed: unknown client, no authentication, or the wrong one."""


class InvalidGrant(errors.InvalidGrantError):
    """The code or refresh token is invalid, expired, revoked, or was issued to another client."""


class UnauthorizedClient(errors.UnauthorizedClientError):
    """The authenticated client may not use this grant type."""


class InvalidScope(errors.InvalidScopeError):
    """The requested scope is unknown, or exceeds what was granted."""


class InvalidTarget(errors.OAuth2Error):
    """The requested resource is unknown or malformed (RFC 8707 2)."""

    error = "invalid_target"


class Declined(errors.AccessDeniedError):
    """The person said no (RFC 6749 4.1.2.1)."""


class LoginRequired(exceptions.LoginRequired):
    """Nobody is signed in, and the client asked for no page (OpenID Connect Core 3.1.2.6)."""


class ConsentRequired(exceptions.ConsentRequired):
    """The person has to be asked, and the client asked for no page (OpenID Connect Core 3.1.2.6)."""


class UnusableRequest(errors.InvalidRequestFatalError):
    """Nothing in the request can be trusted, its redirect URI included: the person sees a page."""


class AccessDenied(errors.OAuth2Error):
    """The request comes from an address that a network access list refuses."""

    error = "access_denied"
    status_code = 403


class AuthorizationPending(device_errors.AuthorizationPendingError):
    """The person has not answered yet."""


class SlowDown(device_errors.SlowDownError):
    """The device polls too often; from now on it waits five seconds more."""


class ExpiredToken(device_errors.ExpiredTokenError):
    """The device code has expired."""


class TemporarilyUnavailable(errors.TemporarilyUnavailableError):
    """Something that the answer needs cannot be reached now. The same request may succeed in a moment."""

    status_code = 503

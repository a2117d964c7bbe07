"""RFC 6749 3, RFC 7009: the endpoints and grant types that exist. What is not listed here is not supported."""

from typing import Any, Final

from django.http import HttpRequest
from oauth2_provider.exceptions import FatalClientError
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauthlib.common import Request, urlencode
from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    RefreshTokenGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2 import FatalClientError as OAuthlibFatalError
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import code_challenge_method_s256

from accounts import secrets
from connections.oauth import attempt, device, exchange, issue
from connections.oauth.device_flow import DeviceAuthorization, DeviceFlow
from connections.oauth.exchange import ExchangeFlow
from connections.oauth.introspection import Introspection
from connections.oauth.pending import Asked
from connections.oauth.revocation import Revocation
from connections.oauth.validator import Validator

# oauthlib's request answers for an unset attribute with a parameter of that name, so no other name may get in.
_PARAMETERS: Final = frozenset(
    {
        "client_assertion",
        "client_assertion_type",
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "device_code",
        "grant_type",
    }
    | {"redirect_uri", "refresh_token", "resource", "response_type", "scope", "state", "token", "token_type_hint"}
    | exchange.PARAMETERS
)


class CodeGrant(AuthorizationCodeGrant):
    """RFC 6749 4.1 with S256 as the only method (RFC 7636 4.2), and codes of our own form."""

    _code_challenge_methods = {"S256": code_challenge_method_s256}

    def create_authorization_code(self, request: Request) -> dict[str, str]:
        """Make a code of 256 random bits."""
        code = {"code": secrets.make(secrets.Prefix.AUTHORIZATION_CODE)}
        return {**code, "state": request.state} if request.state else code


class Server(AuthorizationEndpoint, TokenEndpoint, Revocation, Introspection, DeviceAuthorization):
    """The authorization server: five grant types, opaque bearer tokens."""

    def __init__(self, validator: Validator, **_settings: object) -> None:
        bearer = BearerToken(
            validator,
            token_generator=lambda _request: secrets.make(secrets.Prefix.ACCESS_TOKEN),
            refresh_token_generator=lambda _request: secrets.make(secrets.Prefix.REFRESH_TOKEN),
            expires_in=issue.lifetime,
        )
        code = CodeGrant(validator)
        grant_types = {
            "authorization_code": code,
            "refresh_token": RefreshTokenGrant(validator),
            "client_credentials": ClientCredentialsGrant(validator),
            device.GRANT_TYPE: DeviceFlow(validator),
            exchange.GRANT_TYPE: ExchangeFlow(validator),
        }
        AuthorizationEndpoint.__init__(
            self, default_response_type="code", response_types={"code": code}, default_token_type=bearer
        )
        TokenEndpoint.__init__(
            self, default_grant_type="authorization_code", grant_types=grant_types, default_token_type=bearer
        )
        RevocationEndpoint.__init__(self, validator)
        self.request_validator = validator


class Core(OAuthLibCore):
    """Hands a Django request to oauthlib: known parameters only, and the attempt that the request belongs to."""

    def _extract_params(self, request: HttpRequest) -> tuple[str, str, str, dict[str, Any]]:
        query = _known(request.GET.lists())
        headers = {
            "Authorization": request.META.get("HTTP_AUTHORIZATION", ""),
            "Content-Type": request.META.get("CONTENT_TYPE", ""),
            attempt.KEY: attempt.at(request),
        }
        uri = f"{request.path}?{urlencode(query)}" if query else request.path
        return uri, request.method or "", urlencode(_known(request.POST.lists())), headers

    def code_location(self, request: HttpRequest, asked: Asked, scopes: list[str]) -> str:
        """Return where to send the person with a new code. Client, redirect URI and scopes are checked once more."""
        _, _, _, headers = self._extract_params(request)
        credentials = {
            "client_id": asked.client_id,
            "redirect_uri": asked.redirect_uri,
            "response_type": "code",
            "state": asked.state,
            "code_challenge": asked.code_challenge,
            "code_challenge_method": "S256",
        }
        try:
            answer, _, _ = self.server.create_authorization_response(
                request.path, headers=headers, scopes=scopes, credentials=credentials
            )
        except OAuthlibFatalError as error:
            raise FatalClientError(error=error) from error
        return answer["Location"]

    def create_device_authorization_response(self, request: HttpRequest) -> tuple[str, int]:
        """Return body and status of RFC 8628 3.2."""
        answer: tuple[str, int] = self.server.create_device_authorization_response(*self._extract_params(request))
        return answer

    def create_introspection_response(self, request: HttpRequest) -> tuple[str, int]:
        """Return body and status of RFC 7662 2.2."""
        _, body, status = self.server.create_introspect_response(*self._extract_params(request))
        return body, status


def _known(parameters: Any) -> list[tuple[str, str]]:
    return [(name, value) for name, values in parameters if name in _PARAMETERS for value in values]

"""RFC 6749: what django-oauth-toolkit asks, answered by the modules beside. Each method cites its section."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request

from connections.models import AppIntegration
from connections.oauth import asked_scopes, attempt, clients, codes, exchange, introspection, issue, refresh, revocation


class Validator(OAuth2Validator):
    """Overrides whatever django-oauth-toolkit 3.4.1 does on the paths that we serve. Holds no state."""

    def client_authentication_required(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """RFC 6749 3.2.1: a confidential client, or one that presents a secret, must authenticate."""
        if clients.presents_secret(request):
            return True
        client = clients.load(request.client_id, request)
        return client is not None and client.confidential

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """RFC 6749 2.3.1: a secret in the Basic header or in the body."""
        return clients.authenticate(request)

    def authenticate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        """RFC 6749 3.2.1: a public client names itself."""
        client = clients.load(client_id, request)
        if client is None:
            attempt.of(request).reason = "unknown_client"
        return client is not None and not client.confidential

    def validate_client_id(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        """RFC 6749 4.1.1: the client of an authorization request. A disabled one is no client there."""
        client = clients.arriving(client_id, request)
        return client is not None and client.enabled

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: AppIntegration, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749 5.2 unauthorized_client. Called once the client is known, so it is admitted here as well."""
        if grant_type == exchange.GRANT_TYPE:  # which django-oauth-toolkit does not know
            allowed = client.allows_grant_type(grant_type)
        else:
            allowed = super().validate_grant_type(client_id, grant_type, client, request)
        if allowed:
            clients.admit(request)
        return allowed

    def get_default_scopes(self, client_id: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """RFC 6749 3.3: the default of a request without scope."""
        return asked_scopes.default(request)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: AppIntegration, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749 3.3: known ones that the client may ask for."""
        request.scopes = asked_scopes.check(scopes, request)
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """RFC 6749 4.1.2: only the digest is kept."""
        codes.store(code["code"], request)

    def validate_code(
        self, client_id: str, code: str, client: AppIntegration, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749 4.1.3: the one read of the code, which locks it and uses it up."""
        codes.redeem(code, request)
        return True

    def get_code_challenge(self, code: str, request: Request) -> str:
        """RFC 7636 4.6."""
        return codes.of(request).code_challenge

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        """RFC 7636 4.6."""
        return codes.of(request).code_challenge_method

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: AppIntegration, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749 4.1.3: identical to the one of the authorization request. oauthlib passes the request last."""
        codes.confirm_redirect_uri(redirect_uri, args[0])
        return True

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """RFC 6749 4.1.2: `validate_code` has used the code up; its row stays, so that a replay is recognised."""

    def validate_refresh_token(
        self, refresh_token: str, client: AppIntegration, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749 6: the one read of the refresh token, which locks it."""
        refresh.redeem(refresh_token, request)
        return True

    def get_original_scopes(self, refresh_token: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """RFC 6749 6: what the person allowed."""
        return refresh.scopes(request)

    def is_within_original_scope(
        self, request_scopes: list[str], refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """RFC 6749 6: fewer scopes may be asked for, never more."""
        request.scopes = asked_scopes.narrowed(request_scopes, refresh.scopes(request), request)
        return True

    def rotate_refresh_token(self, request: Request) -> bool:
        """OAuth 2.1 4.3.1."""
        return refresh.rotates(request)

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """RFC 6749 5.1: store digests of what is about to be answered."""
        if request.grant_type == "refresh_token":
            refresh.answer(token, request)
        elif request.grant_type == "client_credentials":
            issue.for_service_account(token, request)
        elif request.grant_type == exchange.GRANT_TYPE:
            issue.access_token(token, request)
        else:
            issue.for_code(token, request)

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any) -> None:
        """RFC 7009 2.1."""
        revocation.revoke(token, request)

    def introspect_token(
        self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """RFC 7662 2.2."""
        return introspection.claims(token, request)

    def is_origin_allowed(self, client_id: str, origin: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        """CORS is answered by the view, alike for every client."""
        return False

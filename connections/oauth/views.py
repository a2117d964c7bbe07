"""RFC 6749 3.2, RFC 7009 2, RFC 7662 2, RFC 8628 3.1: the endpoints that clients post forms to."""

from django.http import HttpRequest, HttpResponse

from connections.oauth import attempt, exchange
from connections.oauth.endpoint import Answer, Endpoint, malformed


class TokenView(Endpoint):
    """RFC 6749 3.2: tokens for codes of both kinds, refresh tokens, personal access tokens, and service accounts."""

    action = "oauth.token"
    is_budgeted = True

    def stores_at_once(self, request: HttpRequest) -> bool:
        """No code or refresh token has to be locked for a service account, or to exchange a personal access token."""
        return request.POST.get("grant_type") in {"client_credentials", exchange.GRANT_TYPE}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with tokens or with an error of RFC 6749 5.2."""
        return self.answered(request, self._tokens)

    def _tokens(self, request: HttpRequest) -> Answer:
        grant_type = request.POST.get("grant_type", "")
        attempt.at(request).details["grant_type"] = grant_type[:100]
        if not grant_type:
            return malformed("Send grant_type.")
        _, _, body, status = self.create_token_response(request)
        return body, status


class RevokeView(Endpoint):
    """RFC 7009 2: end a token."""

    action = "oauth.revoke"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer 200 for every token of an authenticated client, known or not."""
        return self.answered(request, self._revoked)

    def _revoked(self, request: HttpRequest) -> Answer:
        _, _, body, status = self.create_revocation_response(request)
        return body or "", status


class IntrospectView(Endpoint):
    """RFC 7662 2: tell a client about a token."""

    action = "oauth.introspect"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer what the token is good for, or only that it is not active."""
        return self.answered(request, self._described)

    def _described(self, request: HttpRequest) -> Answer:
        answer: Answer = self.get_oauthlib_core().create_introspection_response(request)
        return answer


class DeviceAuthorizationView(Endpoint):
    """RFC 8628 3.1: begin on a device without a browser."""

    action = "oauth.device_authorization"
    is_budgeted = True

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with the two codes, and where the person types theirs."""
        return self.answered(request, self._begun)

    def _begun(self, request: HttpRequest) -> Answer:
        answer: Answer = self.get_oauthlib_core().create_device_authorization_response(request)
        return answer

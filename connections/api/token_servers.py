"""The MCP URLs that a token opens. rest-api.md 4.5."""

from django.http import HttpRequest
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api.attribution import by_of, holder_of
from accounts.api.fields import Body, texts
from accounts.api.permissions import Access
from accounts.models import PersonalAccessToken
from accounts.scopes import Scope
from connections import origin, token_servers
from connections.api import answers
from connections.resources import IsResource


class Binding(Body):
    """What the token opens from now on."""

    resources = texts(help_text="MCP URLs of this server, whole or as paths. A binding can only be made tighter.")


class TokenServers(APIView):
    """The MCP URLs that a token is bound to: one's own token, for account admins anybody's."""

    access = {"GET": Access("any", Scope.ALL_APIS), "PUT": Access("any", Scope.ACCESS_MANAGEMENT)}
    is_resource: IsResource = staticmethod(lambda _path: False)

    @extend_schema(responses=answers.TokenServers, summary="Show which MCP URLs a token opens")
    def get(self, request: Request, token_id: str) -> Response:
        """Answer with paths; none: the token is good for the whole deployment, within its scopes."""
        token = tokens.get(tokens.visible_to(holder_of(request).principal), token_id)
        return Response({"resources": token.resources})

    @extend_schema(request=Binding, responses=answers.TokenServers, summary="Bind a token to MCP URLs")
    def put(self, request: Request, token_id: str) -> Response:
        """Let the token open these and nothing else, the REST API included, from the next call on."""
        token = self._changeable(request, token_id)
        asked: HttpRequest = request._request
        token_servers.bind(
            token,
            Binding.of(request)["resources"],
            origins=origin.accepted(origin.listening_port(asked)),
            is_resource=self.is_resource,
            by=by_of(request),
        )
        return Response({"resources": token.resources})

    def _changeable(self, request: Request, token_id: str) -> PersonalAccessToken:
        who = holder_of(request).principal
        return tokens.get(tokens.visible_to(who) if who.is_account_admin else tokens.own(who), token_id)

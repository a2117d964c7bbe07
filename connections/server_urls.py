"""Routes of tokens that have to know the MCP URLs of this deployment, which stand above."""

from collections.abc import Callable

from django.urls import URLPattern, path

from accounts.console import service_account_tokens, tokens
from accounts.models import User
from connections import token_servers
from connections.api.token_servers import TokenServers
from connections.resources import IsResource


def routes(is_resource: IsResource, curated_for: Callable[[User], list[str]]) -> list[URLPattern]:
    """Return the routes.

    `is_resource` knows the MCP URLs by their paths; `curated_for` lists the curated ones that a principal can use.
    """
    offer = {"offer": lambda owner: [*token_servers.offered(owner, is_resource), *curated_for(owner)]}
    account = "settings/service-accounts/<uuid:application_id>"
    return [
        path("api/gatepost/v1/tokens/<str:token_id>/resources", TokenServers.as_view(is_resource=is_resource)),
        path("tokens/add", tokens.add, offer, name="console-token-add"),
        path(f"{account}/tokens/add", service_account_tokens.add, offer, name="console-service-account-token-add"),
    ]

"""The public clients that every deployment has: the command lines (rest-api.md 2.3)."""

from accounts.scopes import Scope
from cli.clients import KNOWN
from connections.models import AppIntegration

# A person who signed in through a command line has access-management inside all-apis (rest-api.md 2.4).
SCOPES = tuple(str(scope) for scope in Scope if scope not in {Scope.OPENID, Scope.PROFILE, Scope.EMAIL})
_COMMAND_LINES = tuple(client for client in KNOWN if client.is_built_in)


def ensure() -> None:
    """Make or repair the built-in clients. Running it again changes nothing."""
    for known in _COMMAND_LINES:
        AppIntegration.objects.update_or_create(
            client_id=known.key,
            defaults={
                "name": known.name,
                "client_type": AppIntegration.CLIENT_PUBLIC,
                "authorization_grant_type": AppIntegration.GRANT_AUTHORIZATION_CODE,
                "redirect_uris": " ".join(known.redirect_urls),
                "scopes": list(SCOPES),
                "built_in": True,
                "published_app": known.key,
            },
        )

"""rest-api.md 4.1 extensions: the secrets of an app integration. Rotating makes them; here they are seen and deleted."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import uses
from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import last_use, present, refuse_unknown_parameters, rfc3339
from accounts.api.openapi import Done, listed
from accounts.api.permissions import Access
from accounts.scopes import Scope
from connections import integrations
from connections.api import answers


class ClientSecrets(AccountView):
    """The secrets that work: two at most."""

    access = {"GET": Access("reader", Scope.ALL_APIS)}

    @extend_schema(
        responses=listed("ListClientSecrets", secrets=answers.ClientSecretInfo),
        summary="List the secrets of an app integration",
    )
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer the newest first, never a value."""
        refuse_unknown_parameters(request, ())
        secrets = integrations.live_secrets(integrations.get(integration_id))
        used = uses.last("client_secret", [secret.id for secret in secrets])
        rows = [
            {
                "secret_id": str(secret.id),
                "ends_in": secret.last_four,
                "create_time": rfc3339(secret.created_at),
                **present(expire_time=rfc3339(secret.expires_at) if secret.expires_at else None),
                **last_use(used.get(str(secret.id))),
            }
            for secret in secrets
        ]
        return Response({"secrets": rows})


class OneClientSecret(AccountView):
    """One secret."""

    access = {"DELETE": Access("account_admin", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(responses={200: Done}, summary="Delete a secret of an app integration")
    def delete(self, request: Request, integration_id: str, secret_id: str) -> Response:
        """Refuse it at once."""
        integrations.delete_secret(integrations.get(integration_id), secret_id, by=by_of(request))
        return Response({})

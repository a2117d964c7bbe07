"""Secrets of service accounts. rest-api.md 4.3."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import service_accounts
from accounts.api import answers
from accounts.api.attribution import by_of
from accounts.api.fields import rfc3339
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.service_credentials import DELETE, READ_AND_ADD, CredentialView, NewCredential
from accounts.models import ServiceAccountSecret
from accounts.secrets import fingerprint


class NewSecret(NewCredential):
    """A secret that ends."""


def row(secret: ServiceAccountSecret) -> dict[str, Any]:
    """Return a secret as the API shows it, without its value."""
    return {
        "id": str(secret.id),
        "secret_hash": fingerprint(bytes(secret.digest)),
        "status": "ACTIVE",
        "create_time": rfc3339(secret.created_at),
        "update_time": rfc3339(secret.created_at),
        "expire_time": rfc3339(secret.expires_at),
        "scopes": secret.scopes,
    }


class SecretView(CredentialView):
    """The secrets of one service account."""

    model = ServiceAccountSecret
    noun = "secret"
    use = "service_secret"


class Secrets(SecretView):
    """All of them."""

    access = READ_AND_ADD

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListSecrets", secrets=answers.SecretInfo),
        summary="List the secrets of a service account",
    )
    def get(self, request: Request, principal_id: str) -> Response:
        """Answer with metadata only."""
        return self.listed(request, principal_id, row)

    @extend_schema(request=NewSecret, responses=answers.NewSecretAnswer, summary="Make a secret of a service account")
    @idempotent
    def post(self, request: Request, principal_id: str) -> Response:
        """Answer with the raw value, here and never again."""
        secret, raw = self.added(request, principal_id, NewSecret.of(request), service_accounts.add_secret)
        return Response({"secret": raw, **row(secret)})


class Secret(SecretView):
    """One secret."""

    access = DELETE

    @extend_schema(responses={200: Done}, summary="Delete a secret of a service account")
    def delete(self, request: Request, principal_id: str, secret_id: str) -> Response:
        """Answer {}. The secret, and tokens made with it, are refused at once."""
        service_accounts.delete_secret(self.one(principal_id, secret_id), by=by_of(request))
        return Response({})

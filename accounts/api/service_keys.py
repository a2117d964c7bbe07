"""Public keys of service accounts, for private_key_jwt. rest-api.md 4.3."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import service_account_keys
from accounts.api import answers
from accounts.api.attribution import by_of
from accounts.api.fields import rfc3339
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.service_credentials import DELETE, READ_AND_ADD, CredentialView, NewCredential
from accounts.models import ServiceAccountKey


class NewKey(NewCredential):
    """A public key that ends."""

    jwk = serializers.DictField(help_text="The public half: EC P-256 (ES256), OKP Ed25519 (EdDSA) or RSA (RS256).")


def row(key: ServiceAccountKey) -> dict[str, Any]:
    """Return a key as the API shows it."""
    return {
        "id": str(key.id),
        "jwk": key.jwk,
        "algorithm": key.algorithm,
        "thumbprint": key.thumbprint,
        "create_time": rfc3339(key.created_at),
        "expire_time": rfc3339(key.expires_at),
        "scopes": key.scopes,
    }


class KeyView(CredentialView):
    """The keys of one service account."""

    model = ServiceAccountKey
    noun = "key"
    use = "service_key"


class Keys(KeyView):
    """All of them."""

    access = READ_AND_ADD

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListKeys", keys=answers.KeyInfo),
        summary="List the public keys of a service account",
    )
    def get(self, request: Request, principal_id: str) -> Response:
        """Answer the public halves; there are no others here."""
        return self.listed(request, principal_id, row)

    @extend_schema(request=NewKey, responses=answers.KeyInfo, summary="Register a public key of a service account")
    @idempotent
    def post(self, request: Request, principal_id: str) -> Response:
        """Answer with the key as it was understood."""
        return Response(row(self.added(request, principal_id, NewKey.of(request), service_account_keys.add)))


class Key(KeyView):
    """One key."""

    access = DELETE

    @extend_schema(responses={200: Done}, summary="Delete a public key of a service account")
    def delete(self, request: Request, principal_id: str, key_id: str) -> Response:
        """Answer {}. The key, and tokens made with it, are refused at once."""
        service_account_keys.delete(self.one(principal_id, key_id), by=by_of(request))
        return Response({})

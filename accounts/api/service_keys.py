"""Public keys of service accounts, for private_key_jwt. rest-api.md 4.3."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import service_account_keys
from accounts.api import answers
from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, rfc3339, texts, uuids_of
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.paging import page_of
from accounts.api.permissions import Access, within_own_scopes
from accounts.api.service_secrets import seconds, service_account
from accounts.errors import NotFound
from accounts.lifetimes import known_scopes
from accounts.models import ServiceAccountKey
from accounts.scopes import Scope


class NewKey(Body):
    """A public key that ends."""

    jwk = serializers.DictField(help_text="The public half: EC P-256 (ES256), OKP Ed25519 (EdDSA) or RSA (RS256).")
    lifetime = Text(required=False, help_text="Seconds with or without a final s: 63072000s (730 days, the default).")
    scopes = texts(required=False, help_text="No token made with the key has more. Absent: all-apis.")


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


class Keys(AccountView):
    """The keys of one service account."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "POST": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListKeys", keys=answers.KeyInfo),
        summary="List the public keys of a service account",
    )
    def get(self, request: Request, principal_id: str) -> Response:
        """Answer the public halves; there are no others here."""
        keys = ServiceAccountKey.objects.filter(service_account=service_account(principal_id))
        found, token = page_of(keys, request, order=("created_at", "id"))
        return Response({"keys": [row(key) for key in found], **({"next_page_token": token} if token else {})})

    @extend_schema(request=NewKey, responses=answers.KeyInfo, summary="Register a public key of a service account")
    @idempotent
    def post(self, request: Request, principal_id: str) -> Response:
        """Answer with the key as it was understood."""
        wanted = NewKey.of(request)
        scopes = known_scopes(wanted.get("scopes", ()))
        within_own_scopes(request, frozenset(scopes))
        key = service_account_keys.add(
            service_account(principal_id),
            by=by_of(request),
            jwk=wanted["jwk"],
            lifetime_seconds=seconds(wanted.get("lifetime")),
            scopes=scopes,
        )
        return Response(row(key))


class Key(AccountView):
    """One key."""

    access = {"DELETE": Access("account_admin", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(responses={200: Done}, summary="Delete a public key of a service account")
    def delete(self, request: Request, principal_id: str, key_id: str) -> Response:
        """Answer {}. The key, and tokens made with it, are refused at once."""
        key = ServiceAccountKey.objects.filter(
            service_account=service_account(principal_id), id__in=uuids_of(key_id)
        ).first()
        if key is None:
            raise NotFound(f"There is no key {key_id!r} of that service account.")
        service_account_keys.delete(key, by=by_of(request))
        return Response({})

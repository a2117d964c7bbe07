"""Secrets of service accounts. rest-api.md 4.3."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import service_accounts
from accounts.api import answers
from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, ids_of, rfc3339, texts, uuids_of
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.paging import page_of
from accounts.api.permissions import Access, within_own_scopes
from accounts.errors import Invalid, NotFound
from accounts.lifetimes import LONGEST, known_scopes
from accounts.models import ServiceAccountSecret, User
from accounts.scopes import Scope
from accounts.secrets import fingerprint

_LIFETIME = re.compile(r"([0-9]{1,9})s?", re.ASCII)


class NewSecret(Body):
    """A secret that ends."""

    lifetime = Text(required=False, help_text="Seconds with or without a final s: 63072000s (730 days, the default).")
    scopes = texts(required=False, help_text="No token made with the secret has more. Absent: all-apis.")


def seconds(lifetime: str | None) -> int | None:
    """Return the seconds of 3600s or 3600."""
    if lifetime is None:
        return None
    if not (match := _LIFETIME.fullmatch(lifetime)):
        raise Invalid({"lifetime": [f"{lifetime!r} is no lifetime. Send 1s to {LONGEST}s (730 days)."]})
    return int(match[1])


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


def service_account(principal_id: str) -> User:
    """Return the service account of that SCIM id."""
    found = User.objects.filter(kind=User.Kind.SERVICE)
    account = found.filter(pk__in=ids_of(principal_id)).first()
    if account is None:
        raise NotFound(f"There is no service account with the id {principal_id!r}.")
    return account


class Secrets(AccountView):
    """The secrets of one service account."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "POST": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListSecrets", secrets=answers.SecretInfo),
        summary="List the secrets of a service account",
    )
    def get(self, request: Request, principal_id: str) -> Response:
        """Answer with metadata only."""
        secrets = ServiceAccountSecret.objects.filter(service_account=service_account(principal_id))
        found, token = page_of(secrets, request, order=("created_at", "id"))
        return Response({"secrets": [row(s) for s in found], **({"next_page_token": token} if token else {})})

    @extend_schema(request=NewSecret, responses=answers.NewSecretAnswer, summary="Make a secret of a service account")
    @idempotent
    def post(self, request: Request, principal_id: str) -> Response:
        """Answer with the raw value, here and never again."""
        wanted = NewSecret.of(request)
        scopes = known_scopes(wanted.get("scopes", ()))
        within_own_scopes(request, frozenset(scopes))
        secret, raw = service_accounts.add_secret(
            service_account(principal_id),
            by=by_of(request),
            lifetime_seconds=seconds(wanted.get("lifetime")),
            scopes=scopes,
        )
        return Response({"secret": raw, **row(secret)})


class Secret(AccountView):
    """One secret."""

    access = {"DELETE": Access("account_admin", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(responses={200: Done}, summary="Delete a secret of a service account")
    def delete(self, request: Request, principal_id: str, secret_id: str) -> Response:
        """Answer {}. The secret, and tokens made with it, are refused at once."""
        secret = ServiceAccountSecret.objects.filter(
            service_account=service_account(principal_id), id__in=uuids_of(secret_id)
        ).first()
        if secret is None:
            raise NotFound(f"There is no secret {secret_id!r} of that service account.")
        service_accounts.delete_secret(secret, by=by_of(request))
        return Response({})

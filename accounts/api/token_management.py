"""Everybody's tokens, for account admins. rest-api.md 4.6."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api import answers
from accounts.api.attribution import by_of, holder_of
from accounts.api.fields import Body, Text, Whole, ids_of, milliseconds, parameter, present, texts
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, query
from accounts.api.permissions import Access, within_own_scopes
from accounts.api.tokens import TokenUpdate, masked, token_info
from accounts.errors import NotFound
from accounts.lifetimes import known_scopes
from accounts.models import Account, CredentialUse, PersonalAccessToken, User
from accounts.scopes import Scope


class TokenOnBehalf(Body):
    """A token for a service account."""

    application_id = Text(max_length=64, help_text="Of the service account.")
    comment = Text(required=False, allow_blank=True, help_text="At most 256 characters.")
    lifetime_seconds = Whole(required=False, help_text="1 to 63072000 (730 days, also the default).")
    scopes = texts(required=False, help_text="Never more than the caller's own. Absent: all-apis.")


def rows(found: QuerySet[PersonalAccessToken]) -> list[dict[str, Any]]:
    """Return tokens as an admin sees them, in three queries however many they are."""
    found_tokens = list(found)
    makers = User.objects.in_bulk({token.created_by for token in found_tokens})
    uses = CredentialUse.objects.filter(credential_kind="pat", credential_id__in=[t.token_id for t in found_tokens])
    last_used = {use.credential_id: use.last_used_at for use in uses}
    workspace_id = Account.load().workspace_id
    return [
        token_info(token)
        | present(
            owner_id=token.owner_id,
            created_by_id=token.created_by,
            created_by_username=makers[token.created_by].user_name if token.created_by in makers else None,
            last_used_day=_day(last_used[token.token_id]) if token.token_id in last_used else None,
            workspace_id=workspace_id,
        )
        for token in found_tokens
    ]


def _day(at: Any) -> int:
    return milliseconds(at.replace(hour=0, minute=0, second=0, microsecond=0))


def _made_by(found: QuerySet[PersonalAccessToken], request: Request) -> QuerySet[PersonalAccessToken]:
    if creator := parameter(request, "created_by_id"):
        found = found.filter(created_by__in=ids_of(creator))
    if name := parameter(request, "created_by_username"):
        found = found.filter(created_by__in=User.objects.filter(email=name.lower()).values("pk"))
    return found


class Tokens(APIView):
    """All tokens."""

    access = {"GET": Access("reader", Scope.ALL_APIS)}

    @extend_schema(
        parameters=[
            query("created_by_id", "SCIM id of who made the token."),
            query("created_by_username", "E-mail address of who made it."),
        ],
        responses=answers.ManagedTokens,
        summary="List everybody's tokens",
    )
    def get(self, request: Request) -> Response:
        """Answer with all, or those that one principal made."""
        found = _made_by(tokens.visible_to(holder_of(request).principal), request)
        return Response({"token_infos": rows(found)})


class Token(APIView):
    """One token of anybody."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "PATCH": Access("account_admin", Scope.ACCESS_MANAGEMENT),
        "DELETE": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(responses=answers.ManagedTokenAnswer, summary="Show a token")
    def get(self, request: Request, token_id: str) -> Response:
        """Answer with the row in token_info."""
        return Response({"token_info": self._row(request, token_id)})

    @extend_schema(request=TokenUpdate, responses=answers.ManagedToken, summary="Narrow a token")
    def patch(self, request: Request, token_id: str) -> Response:
        """Answer with the row."""
        changes = masked(TokenUpdate.of(request))
        tokens.narrow(self._token(request, token_id), by=by_of(request), **changes)
        return Response(self._row(request, token_id))

    @extend_schema(responses={200: Done}, summary="Revoke a token")
    def delete(self, request: Request, token_id: str) -> Response:
        """Answer {}; the token is refused from the next call on."""
        tokens.revoke(self._token(request, token_id), by=by_of(request))
        return Response({})

    def _token(self, request: Request, token_id: str) -> PersonalAccessToken:
        return tokens.get(tokens.visible_to(holder_of(request).principal), token_id)

    def _row(self, request: Request, token_id: str) -> dict[str, Any]:
        token = self._token(request, token_id)
        return rows(PersonalAccessToken.objects.filter(pk=token.pk).select_related("owner"))[0]


class OnBehalf(APIView):
    """Tokens that an admin makes for a service account."""

    access = {"POST": Access("account_admin", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(
        request=TokenOnBehalf, responses=answers.NewTokenAnswer, summary="Make a token for a service account"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer with the raw value, here and never again."""
        wanted = TokenOnBehalf.of(request)
        application_id = wanted.pop("application_id")
        scopes = known_scopes(wanted.pop("scopes", ()))
        within_own_scopes(request, frozenset(scopes))
        owner = User.objects.filter(kind=User.Kind.SERVICE, application_id__iexact=application_id).first()
        if owner is None:
            raise NotFound(f"There is no service account with the application id {application_id!r}.")
        token, raw = tokens.create(owner, by=by_of(request), scopes=scopes, **wanted)
        return Response({"token_value": raw, "token_info": token_info(token)})

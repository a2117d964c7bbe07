"""Personal access tokens of the caller. rest-api.md 4.5."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import tokens
from accounts.api import answers
from accounts.api.attribution import by_of, holder_of
from accounts.api.errors import InsufficientScope
from accounts.api.fields import Body, Flag, Text, Whole, milliseconds, texts
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done
from accounts.api.permissions import Access, within_own_scopes
from accounts.errors import Invalid
from accounts.lifetimes import known_scopes
from accounts.models import PersonalAccessToken, User
from accounts.scopes import Scope, covers


class NewToken(Body):
    """What a token is made of."""

    comment = Text(required=False, allow_blank=True, help_text="At most 256 characters.")
    lifetime_seconds = Whole(required=False, help_text="1 to 63072000 (730 days, also the default).")
    scopes = texts(required=False, help_text="Never more than the caller's own. Absent: all-apis.")
    autoscope_enabled = Flag(required=False, help_text="Accepted and ignored.")


class TokenId(Body):
    """Which token."""

    token_id = Text(max_length=64, help_text="Of one of the caller's own tokens.")


class TokenChange(Body):
    """A comment, or fewer scopes."""

    comment = Text(required=False, allow_blank=True, help_text="At most 256 characters.")
    scopes = texts(required=False, help_text="Scopes can only be taken away.")


class TokenUpdate(Body):
    """The change, and which of its fields count."""

    token = TokenChange(help_text="The new values.")
    update_mask = Text(help_text="comment, scopes or both, separated by a comma.")


def token_info(token: PersonalAccessToken) -> dict[str, Any]:
    """Return a token as its owner sees it."""
    return {
        "token_id": token.token_id,
        "comment": token.comment,
        "creation_time": milliseconds(token.created_at),
        "expiry_time": milliseconds(token.expires_at),
        "scopes": token.scopes,
    }


def masked(update: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a change that the update mask names."""
    names = {name.strip() for name in update["update_mask"].split(",")}
    if unknown := names - {"comment", "scopes"}:
        raise Invalid({"update_mask": [f"{', '.join(sorted(unknown))!r} cannot change. Send comment, scopes or both."]})
    if missing := names - set(update["token"]):
        raise Invalid({f"token.{name}": ["The update mask names it, so send it."] for name in missing})
    return {name: update["token"][name] for name in names}


class CreateToken(APIView):
    """Make a token for oneself."""

    access = {"POST": Access("person", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(request=NewToken, responses=answers.NewTokenAnswer, summary="Make a personal access token")
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer with the raw value, here and never again."""
        wanted = NewToken.of(request)
        wanted.pop("autoscope_enabled", None)
        scopes = known_scopes(wanted.pop("scopes", ()))
        within_own_scopes(request, frozenset(scopes))
        owner = User.objects.get(pk=holder_of(request).principal.id)
        token, raw = tokens.create(owner, by=by_of(request), scopes=scopes, **wanted)
        return Response({"token_value": raw, "token_info": token_info(token)})


class ListTokens(APIView):
    """One's own tokens."""

    access = {"GET": Access("person", Scope.ALL_APIS)}

    @extend_schema(responses=answers.OwnTokens, summary="List one's own tokens")
    def get(self, request: Request) -> Response:
        """Answer with all of them; the quota bounds their number."""
        mine = tokens.own(holder_of(request).principal)
        return Response({"token_infos": [token_info(token) for token in mine]})


class DeleteToken(APIView):
    """Revoke a token of one's own. That reduces power: no access-management is needed."""

    access = {"POST": Access("any", None)}

    @extend_schema(request=TokenId, responses={200: Done}, summary="Revoke one's own token")
    def post(self, request: Request) -> Response:
        """Answer {}. Any token may end itself; to end another one it needs all-apis."""
        grant = holder_of(request)
        token_id = TokenId.of(request)["token_id"]
        if token_id != grant.credential_id and not covers(grant.scopes, Scope.ALL_APIS):
            raise InsufficientScope(Scope.ALL_APIS)
        tokens.revoke(tokens.get(tokens.own(grant.principal), token_id), by=by_of(request))
        return Response({})


class ChangeToken(APIView):
    """Change the comment, or take scopes away."""

    access = {"PATCH": Access("person", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(request=TokenUpdate, responses={200: Done}, summary="Narrow one's own token")
    def patch(self, request: Request, token_id: str) -> Response:
        """Answer {}."""
        changes = masked(TokenUpdate.of(request))
        token = tokens.get(tokens.own(holder_of(request).principal), token_id)
        tokens.narrow(token, by=by_of(request), **changes)
        return Response({})

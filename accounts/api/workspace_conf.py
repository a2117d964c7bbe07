"""Switches of the workspace. Values are words, as on the compatible path. rest-api.md 4.7."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import network_lists
from accounts.api import answers
from accounts.api.attribution import by_of
from accounts.api.fields import Body, parameter
from accounts.api.openapi import query
from accounts.api.permissions import Access
from accounts.errors import Invalid
from accounts.scopes import Scope

_KEY: Final = "enableIpAccessLists"
_WORDS: Final = {True: "true", False: "false"}


class Switches(Body):
    """What to switch."""

    enableIpAccessLists = serializers.ChoiceField(  # noqa: N815 - compatible
        choices=list(_WORDS.values()), help_text="Whether the IP access lists of the workspace count: true or false."
    )

    def to_internal_value(self, data: Any) -> Any:
        """Take the words only: a boolean would be stored as neither by clients that compare."""
        if not isinstance(data.get(_KEY, ""), str):
            raise serializers.ValidationError({_KEY: ['Send "true" or "false", with quotes.']})
        return super().to_internal_value(data)


class WorkspaceConf(APIView):
    """The switches."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "PATCH": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(
        parameters=[query("keys", f"{_KEY}; several are separated by commas.", required=True)],
        responses=answers.WorkspaceSettings,
        summary="Show switches of the workspace",
    )
    def get(self, request: Request) -> Response:
        """Answer the keys that were asked for."""
        keys = {key.strip() for key in parameter(request, "keys").split(",")}
        if keys != {_KEY}:
            unknown = ", ".join(sorted(keys - {_KEY})) or "nothing"
            raise Invalid({"keys": [f"{unknown!r} is no key here. Ask for {_KEY}."]})
        return Response({_KEY: _WORDS[network_lists.are_enforced()]})

    @extend_schema(request=Switches, responses={204: None}, summary="Set switches of the workspace")
    def patch(self, request: Request) -> Response:
        """Answer 204. Switching on is 400 INVALID_STATE when the lists would lock the caller out."""
        network_lists.enforce(Switches.of(request)[_KEY] == "true", by=by_of(request))
        return Response(status=204)

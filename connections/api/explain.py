"""Explaining access. rest-api.md 6."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import holder_of
from accounts.api.fields import parameter, present, refuse_unknown_parameters
from accounts.api.openapi import query
from accounts.api.permissions import Access
from accounts.errors import Invalid, NotAllowed
from accounts.models import User
from accounts.scopes import Scope
from catalog.api.unity.lookup import required, sight_of
from catalog.api.unity.securables import named
from catalog.models import Privilege
from catalog.principals import principal_of
from catalog.privileges import Principal
from connections import explain
from connections.api import answers
from connections.models import AppIntegration


class Explain(APIView):
    """Why somebody may or may not do something."""

    access = {"GET": Access("any", Scope.ALL_APIS)}

    @extend_schema(
        parameters=[
            query("principal", "E-mail address, application id, or group. Absent: the caller."),
            query("client_id", "OAuth client through which it would be done. Absent: with a token of one's own."),
            query("action", "What would be done.", required=True, enum=Privilege.Action.values),
            query("object", "catalog, catalog.schema, or catalog.schema.name.", required=True),
        ],
        responses=answers.Explanation,
        summary="Explain why access is allowed or denied",
    )
    def get(self, request: Request) -> Response:
        """Answer the rule that decides. Others than account admins and auditors ask about themselves."""
        refuse_unknown_parameters(request, {"principal", "client_id", "action", "object"})
        question = explain.Question(
            principal=_principal(request),
            client=_client(parameter(request, "client_id")),
            action=required(request, "action"),
            securable=named(sight_of(request), required(request, "object")),
        )
        found = explain.explain(question)
        return Response(
            {
                "decision": "allow" if found.is_allowed else "deny",
                "rule": found.rule,
                "message": found.told,
                "privileges": [
                    {"privilege": one.action, "securable_type": one.securable, "full_name": one.name}
                    | present(group=one.group or None)
                    for one in found.privileges
                ],
                "lacking": list(found.lacking),
            }
        )


def _principal(request: Request) -> Principal:
    who = holder_of(request).principal
    name = parameter(request, "principal")
    principal: Principal = principal_of(name) if name else User.objects.get(pk=who.id)
    is_own = isinstance(principal, User) and principal.pk == who.id
    if not (is_own or who.is_account_admin or who.is_auditor):
        raise NotAllowed("You may ask about yourself only. Account admins and auditors may ask about others.")
    return principal


def _client(client_id: str) -> AppIntegration | None:
    if not client_id:
        return None
    client = AppIntegration.objects.filter(client_id=client_id).first()
    if client is None:
        raise Invalid({"client_id": [f"There is no client {client_id!r}."]})
    return client

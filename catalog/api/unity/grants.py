"""Grants by the compatible API, on top of catalog.privileges. rest-api.md 5."""

from collections.abc import Iterator
from typing import Any, Final

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of, holder_of
from accounts.api.fields import Body, Flag, Text, parameter, present, texts
from accounts.api.openapi import listed, query
from accounts.api.permissions import Access
from accounts.errors import NotFound
from accounts.models import User
from accounts.scopes import Scope
from catalog import privileges
from catalog.api.unity import answers, securables
from catalog.api.unity.lookup import sight_of
from catalog.models import Privilege
from catalog.principals import principal_of
from catalog.privileges import Principal, Securable

_READ = Access("any", Scope.UNITY_CATALOG, Scope.SQL)
_WRITE = Access("account_admin", Scope.ACCESS_MANAGEMENT)
_PRINCIPAL = query("principal", "E-mail address, application id of a service account, or name of a group.")
_SECURABLE = OpenApiParameter(
    "securable_type", str, OpenApiParameter.PATH, enum=["catalog", "schema", "table", "function"]
)
_LISTED: Final = listed("PermissionsList", privilege_assignments=answers.PrivilegeAssignment)


class GrantChange(Body):
    """What to add and to take away for one principal."""

    principal = Text(help_text="E-mail address, application id of a service account, or name of a group.")
    add = texts(required=False, help_text="USE_CATALOG, USE_SCHEMA, SELECT, MODIFY, EXECUTE or ALL_PRIVILEGES.")
    remove = texts(required=False, help_text="What is not held is not missed.")


class GrantChanges(Body):
    """Changes that are made together or not at all."""

    changes = serializers.ListField(child=GrantChange(), max_length=100, help_text="At most 100.")
    omit_permissions_in_response = Flag(required=False, help_text="true: the answer is empty.")


class GrantView(APIView):
    """A view about one securable."""

    def securable(self, request: Request, securable_type: str, full_name: str) -> Securable:
        """Return what the URL names, if the caller may see it."""
        return securables.of_type(sight_of(request), securable_type, full_name)

    def holders(self, request: Request, levels: list[Securable]) -> Iterator[Principal]:
        """Return whom to tell about: the one that was asked for, or each holder. Others than readers see themselves."""
        if name := parameter(request, "principal"):
            yield from self._asked(request, principal_of(name))
            return
        seen: dict[tuple[str, int], Principal] = {}
        for level in levels:
            for row in _mine(request).filter(**level.fields()).select_related("user", "group").order_by("id"):
                holder = row.user or row.group
                if holder:
                    seen.setdefault((type(holder).__name__, holder.pk), holder)
        yield from seen.values()

    def _asked(self, request: Request, principal: Principal) -> Iterator[Principal]:
        who = holder_of(request).principal
        is_own = principal.pk == who.id if isinstance(principal, User) else principal.members.filter(pk=who.id).exists()
        if not (who.is_account_admin or who.is_auditor or is_own):
            raise NotFound("You may ask about yourself and your groups only.")
        yield principal


def _mine(request: Request) -> Any:
    who = holder_of(request).principal
    if who.is_account_admin or who.is_auditor:
        return Privilege.objects.all()
    return privileges.of_principal(User.objects.get(pk=who.id))


class Permissions(GrantView):
    """Who holds what on exactly this securable."""

    access = {"GET": _READ, "PATCH": _WRITE}

    @extend_schema(
        parameters=[_SECURABLE, _PRINCIPAL],
        responses=_LISTED,
        summary="List what is granted on a securable",
    )
    def get(self, request: Request, securable_type: str, full_name: str) -> Response:
        """Answer direct privileges only; no row for a principal without any."""
        securable = self.securable(request, securable_type, full_name)
        return Response(_assignments(securable, list(self.holders(request, [securable]))))

    @extend_schema(
        request=GrantChanges,
        parameters=[_SECURABLE],
        responses=_LISTED,
        summary="Grant and revoke on a securable",
    )
    def patch(self, request: Request, securable_type: str, full_name: str) -> Response:
        """Make all changes or none. Answer what results for the principals that were named."""
        securable = self.securable(request, securable_type, full_name)
        body = GrantChanges.of(request)
        changes = [
            (
                principal_of(change["principal"]),
                privileges.actions_of(change.get("add", []), securable),
                privileges.actions_of(change.get("remove", []), securable),
            )
            for change in body["changes"]
        ]
        by = by_of(request)
        with transaction.atomic():
            for principal, added, removed in changes:
                for action in sorted(added - removed):
                    privileges.grant(principal, action, securable, by=by)
                for action in sorted(removed):
                    privileges.revoke(principal, action, securable, by=by)
        if body.get("omit_permissions_in_response"):
            return Response({})
        named = {(type(principal).__name__, principal.pk): principal for principal, _, _ in changes}
        return Response(_assignments(securable, list(named.values())))


class EffectivePermissions(GrantView):
    """What reaches a securable, from above and through groups."""

    access = {"GET": _READ}

    @extend_schema(
        parameters=[_SECURABLE, _PRINCIPAL],
        responses=listed("EffectivePermissionsList", privilege_assignments=answers.EffectivePrivilegeAssignment),
        summary="List what reaches a securable",
    )
    def get(self, request: Request, securable_type: str, full_name: str) -> Response:
        """Answer each privilege with where it is inherited from."""
        securable = self.securable(request, securable_type, full_name)
        rows = []
        for principal in self.holders(request, privileges.levels(securable)):
            found = [_effective(one, securable) for one in privileges.effective(principal, securable)]
            if found:
                rows.append({"principal": _name(principal), "privileges": found})
        return Response({"privilege_assignments": rows})


def _assignments(securable: Securable, principals: list[Principal]) -> dict[str, Any]:
    rows = []
    for principal in principals:
        held = privileges.held_on(principal, securable)
        if held:
            rows.append({"principal": _name(principal), "privileges": held})
    return {"privilege_assignments": rows}


def _effective(one: privileges.Effective, securable: Securable) -> dict[str, str]:
    if one.securable == securable.kind:
        return {"privilege": one.action}
    return {"privilege": one.action} | present(inherited_from_name=one.name, inherited_from_type=one.securable.upper())


def _name(principal: Principal) -> str:
    return principal.user_name if isinstance(principal, User) else principal.name

"""All privileges in one flat view, and setting them. rest-api.md 6."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of, holder_of
from accounts.api.fields import Body, Text, present, refuse_unknown_parameters, rfc3339, texts
from accounts.api.openapi import page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.models import User
from accounts.scopes import Scope
from catalog import privileges
from catalog.api import answers
from catalog.api.catalogs import one
from catalog.models import Privilege
from catalog.principals import principal_of
from catalog.privileges import Principal


class RowFilter(Body):
    """Which rows may be read."""

    column = Text(help_text="A column of the table.")
    equals = Text(help_text="principal: it holds the e-mail address or application id. group: the name of a group.")


class Assignment(Body):
    """What one principal or group shall hold on one securable. An empty list takes everything away."""

    principal = Text(help_text="E-mail address, application id of a service account, or name of a group.")
    catalog = Text(help_text="Name of the catalog.")
    schema = Text(required=False, allow_blank=True, default="", help_text="Absent: on the catalog itself.")
    table = Text(required=False, allow_blank=True, default="", help_text="A table or view of the schema.")
    function = Text(required=False, allow_blank=True, default="", help_text="A function of the schema.")
    signature = Text(required=False, allow_blank=True, help_text="Argument types; needed for an overloaded function.")
    masks = serializers.DictField(
        child=Text(),
        required=False,
        help_text="Of SELECT on a table: column to null or hash. What is masked is so in the SQL itself.",
    )
    row_filter = RowFilter(required=False, help_text="Of SELECT on a table: only rows that are the principal's.")
    privileges = texts(help_text="USE_CATALOG, USE_SCHEMA, SELECT, MODIFY, EXECUTE or ALL_PRIVILEGES.")


def row(privilege: Privilege) -> dict[str, Any]:
    """Return a privilege as the API shows it."""
    signature = privilege.signature if privilege.securable == Privilege.Securable.FUNCTION else None
    return {
        "principal": privilege.holder_name,
        "principal_type": "group" if privilege.group else privilege.user.kind if privilege.user else "",
        "privilege": privilege.action,
        "securable_type": privilege.securable,
        "catalog": privilege.catalog.name,
        **present(schema=privilege.schema or None, object=privilege.object or None, signature=signature),
        "create_time": rfc3339(privilege.granted_at),
        **present(granted_by=privilege.granted_by, **(privilege.restriction or {})),
    }


class Privileges(APIView):
    """Every privilege. Account admins and auditors see all, others their own."""

    access = {"GET": Access("any", Scope.ALL_APIS), "PUT": Access("account_admin", Scope.ACCESS_MANAGEMENT)}

    @extend_schema(
        parameters=[
            query("principal", "E-mail address, application id of a service account, or name of a group."),
            query("catalog", "Name of a catalog."),
            *paging(),
        ],
        responses=page("ListPrivileges", privileges=answers.PrivilegeInfo),
        summary="List privileges",
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of them, oldest first. Filters: principal, catalog."""
        refuse_unknown_parameters(request, ("principal", "catalog", "page_size", "page_token"))
        filters = {name: request.query_params.get(name, "") for name in ("principal", "catalog")}
        rows = _seen_by(request).select_related("user", "group", "catalog")
        if filters["principal"]:
            rows = rows.filter(**_holder(principal_of(filters["principal"])))
        if filters["catalog"]:
            rows = rows.filter(catalog=one(filters["catalog"]))
        found, token = page_of(rows, request, order=("id",), filters=filters, default=50, cap=500)
        return Response({"privileges": [row(privilege) for privilege in found], **present(next_page_token=token)})

    @extend_schema(request=Assignment, responses=answers.Assigned, summary="Set what a principal holds on a securable")
    def put(self, request: Request) -> Response:
        """Make these the privileges. Answer with what the principal still lacks before it can use the securable."""
        body = Assignment.of(request)
        principal = principal_of(body["principal"])
        names = {name: body[name] for name in ("schema", "table", "function", "signature") if name in body}
        securable = privileges.on(one(body["catalog"]), **names)
        actions = privileges.actions_of(body["privileges"], securable)
        restriction = {name: body[name] for name in ("masks", "row_filter") if body.get(name)} or None
        privileges.assign(principal, actions, securable, by=by_of(request), restriction=restriction)
        return Response(
            {
                "principal": body["principal"],
                "securable_type": securable.kind,
                "full_name": str(securable),
                "privileges": sorted(actions),
                "lacking": privileges.lacking(principal, securable),
            }
        )


def _seen_by(request: Request) -> QuerySet[Privilege]:
    caller = holder_of(request).principal
    if caller.is_account_admin or caller.is_auditor:
        return Privilege.objects.all()
    return Privilege.objects.filter(Q(user_id=caller.id) | Q(group__members=caller.id)).distinct()


def _holder(principal: Principal) -> dict[str, Any]:
    return {"user": principal} if isinstance(principal, User) else {"group": principal}

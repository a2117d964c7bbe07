"""Where an app integration works from, and which catalogs it can ever reach. rest-api.md 4.1, beside the fields."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, texts
from accounts.api.permissions import Access
from accounts.errors import Invalid
from accounts.scopes import Scope
from connections import integrations
from connections.api import answers
from connections.models import AppIntegration


class Addresses(Body):
    """The addresses from which the app may come."""

    ip_addresses = texts(help_text="At most 100 addresses or ranges. Empty: no limit beside the network access lists.")


class Catalogs(Body):
    """The catalogs that the app can reach, whatever its people may do: `catalogs` or `all`."""

    catalogs = texts(required=False, help_text="Names of catalogs, 1 to 100.")
    all = Flag(required=False, help_text="true: every catalog that its people may use.")


class _Boundary(AccountView):
    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "PUT": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }


class IpAllowlist(_Boundary):
    """The addresses of one app integration."""

    @extend_schema(responses=answers.IpAllowlist, summary="Show from which addresses an app integration may come")
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer the addresses; none is no limit."""
        return Response(_addresses(integrations.get(integration_id)))

    @extend_schema(
        request=Addresses,
        responses=answers.IpAllowlist,
        summary="Set from which addresses an app integration may come",
    )
    def put(self, request: Request, integration_id: str) -> Response:
        """Replace them. They count at the token endpoint and on every call, from the next one on."""
        integration, given = integrations.get(integration_id), Addresses.of(request)["ip_addresses"]
        try:
            changed = integrations.update(integration, by=by_of(request), ip_allowlist=given)
        except Invalid as refusal:
            raise Invalid({"ip_addresses": refusal.errors["ip_allowlist"]}) from None
        return Response(_addresses(changed))


class AllowedCatalogs(_Boundary):
    """The catalogs of one app integration."""

    @extend_schema(responses=answers.AllowedCatalogs, summary="Show which catalogs an app integration can reach")
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer their names, or that it is all."""
        return Response(_catalogs(integrations.get(integration_id)))

    @extend_schema(
        request=Catalogs,
        responses=answers.AllowedCatalogs,
        summary="Set which catalogs an app integration can reach",
    )
    def put(self, request: Request, integration_id: str) -> Response:
        """Replace them. Others are out of its reach from the next call on."""
        integration, given = integrations.get(integration_id), Catalogs.of(request)
        if ("catalogs" in given) == given.get("all", False):
            raise Invalid({"catalogs": ["Give catalogs, or all with the value true."]})
        wanted = given.get("catalogs")
        if wanted == []:
            raise Invalid({"catalogs": ["Give at least one catalog. To stop the app, disable it."]})
        try:
            changed = integrations.update(integration, by=by_of(request), allowed_catalogs=wanted)
        except Invalid as refusal:
            raise Invalid({"catalogs": refusal.errors["allowed_catalogs"]}) from None
        return Response(_catalogs(changed))


def _addresses(integration: AppIntegration) -> dict[str, Any]:
    return {"ip_addresses": list(integration.ip_allowlist)}


def _catalogs(integration: AppIntegration) -> dict[str, Any]:
    allowed = integration.allowed_catalogs
    return {"all": True} if allowed is None else {"catalogs": list(allowed)}

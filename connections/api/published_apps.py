"""rest-api.md 4.2: published apps, and the integrations of those that are switched on."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, present, rfc3339
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.paging import page_of, slice_of
from accounts.api.permissions import Access
from accounts.scopes import Scope
from connections import published_apps
from connections.api import answers
from connections.integrations import policy_of
from connections.models import AppIntegration

_READ = Access("reader", Scope.ALL_APIS)
_CHANGE = Access("account_admin", Scope.ACCESS_MANAGEMENT)


class SwitchOn(Body):
    """The app to switch on."""

    app_id = Text(help_text="From the list of published apps.")
    token_access_policy = serializers.DictField(required=False, help_text="Lifetimes in minutes.")


class PolicyChange(Body):
    """The lifetimes; the policy merges field by field."""

    token_access_policy = serializers.DictField(help_text="Lifetimes in minutes.")


class PublishedApps(AccountView):
    """What can be switched on."""

    access = {"GET": _READ}

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListPublishedApps", apps=answers.PublishedAppInfo),
        summary="List published apps",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by app_id."""
        found, token = slice_of(published_apps.APPS.values(), request, key=lambda app: app.key)
        apps = [
            {
                "app_id": app.key,
                "client_id": published_apps.client_id(app),
                "name": app.name,
                "description": app.description,
                "is_confidential_client": False,
                "redirect_urls": list(app.redirect_urls),
                "scopes": published_apps.scopes(app),
            }
            for app in found
        ]
        return Response({"apps": apps, **present(next_page_token=token)})


class PublishedAppIntegrations(AccountView):
    """The apps that are on."""

    access = {"GET": _READ, "POST": _CHANGE}

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListPublishedAppIntegrations", apps=answers.PublishedAppIntegrationInfo),
        summary="List published apps that are switched on",
    )
    def get(self, request: Request) -> Response:
        """Answer a page."""
        found, token = page_of(published_apps.switched_on(), request, order=("created", "id"))
        return Response({"apps": [row(integration) for integration in found], **present(next_page_token=token)})

    @extend_schema(request=SwitchOn, responses=answers.SwitchedOn, summary="Switch a published app on")
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer 409 when it is on already."""
        integration = published_apps.switch_on(by=by_of(request), **SwitchOn.of(request))
        return Response({"integration_id": str(integration.integration_id)})


class PublishedAppIntegration(AccountView):
    """One app that is on."""

    access = {"GET": _READ, "PATCH": _CHANGE, "DELETE": _CHANGE}

    @extend_schema(responses=answers.PublishedAppIntegrationInfo, summary="Show a published app that is switched on")
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer its lifetimes."""
        return Response(row(published_apps.get(integration_id)))

    @extend_schema(request=PolicyChange, responses={200: Done}, summary="Change the lifetimes")
    def patch(self, request: Request, integration_id: str) -> Response:
        """Take effect at the next token."""
        published_apps.change_policy(published_apps.get(integration_id), by=by_of(request), **PolicyChange.of(request))
        return Response({})

    @extend_schema(responses={200: Done}, summary="Switch a published app off")
    def delete(self, request: Request, integration_id: str) -> Response:
        """End its sessions. It can be switched on again."""
        published_apps.switch_off(published_apps.get(integration_id), by=by_of(request))
        return Response({})


def row(integration: AppIntegration) -> dict[str, Any]:
    """Return an app that is on as the API shows it."""
    return present(
        integration_id=str(integration.integration_id),
        app_id=integration.published_app,
        name=integration.name,
        created_by=integration.created_by,
        create_time=rfc3339(integration.created),
        token_access_policy=present(**policy_of(integration)),
    )

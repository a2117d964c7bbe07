"""Custom app integrations. rest-api.md 4.1; the domain functions hold the rules, shared with the console."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, Text, Whole, present, rfc3339, texts
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.models import User
from accounts.scopes import Scope
from connections import client_keys, integrations
from connections.api import answers
from connections.models import AppIntegration

_READ = Access("reader", Scope.ALL_APIS)
_CHANGE = Access("account_admin", Scope.ACCESS_MANAGEMENT)
_JWKS = "JSON Web Key Set of at most 5 public keys with which a confidential client may sign (private_key_jwt)."


class NewIntegration(Body):
    """An app integration to register."""

    name = Text(required=False, allow_blank=True, help_text="1 to 100 characters. Cannot change later.")
    redirect_urls = texts(required=False, help_text="1 to 20, compared exactly; the port of a loopback URL is ignored.")
    confidential = Flag(required=False, help_text="True: the client keeps a secret. Cannot change later.")
    scopes = texts(required=False, help_text="What a person may be asked for; at least one.")
    user_authorized_scopes = texts(required=False, help_text="What a person must allow, or no token is made.")
    token_access_policy = serializers.DictField(required=False, help_text="Lifetimes in minutes.")
    may_introspect = Flag(required=False, help_text="True: it may ask about every token (RFC 7662), not only its own.")
    jwks = serializers.DictField(required=False, help_text=_JWKS)


class IntegrationChanges(Body):
    """What may change. Lists replace; the policy merges field by field."""

    name = Text(required=False, help_text="Cannot change: 400.")
    confidential = Flag(required=False, help_text="Cannot change: 400.")
    redirect_urls = texts(required=False, help_text="1 to 20, in place of those there are.")
    scopes = texts(required=False, help_text="In place of those there are.")
    user_authorized_scopes = texts(required=False, help_text="In place of those there are.")
    token_access_policy = serializers.DictField(required=False, help_text="Lifetimes in minutes; merged.")
    may_introspect = Flag(required=False, help_text="True: it may ask about every token (RFC 7662).")
    jwks = serializers.DictField(required=False, help_text=_JWKS)


class Rotate(Body):
    """How long the old secret goes on working."""

    overlap_seconds = Whole(required=False, help_text="0 to 604800, default 86400. 0 ends the old secret now.")


class Nothing(Body):
    """An empty body."""


def row(integration: AppIntegration, creator: str | None = None) -> dict[str, Any]:
    """Return an integration as the API shows it: never a secret."""
    policy = integrations.policy_of(integration)
    return present(
        integration_id=str(integration.integration_id),
        client_id=integration.client_id,
        name=integration.name,
        confidential=integration.confidential,
        redirect_urls=integration.redirect_urls,
        scopes=integration.scopes,
        user_authorized_scopes=integration.user_authorized_scopes,
        token_access_policy=present(**policy),
        may_introspect=integration.may_introspect or None,
        jwks=client_keys.jwks(integration) if integration.public_keys else None,
        created_by=integration.created_by,
        creator_username=creator,
        create_time=rfc3339(integration.created),
    )


class Integrations(AccountView):
    """The app integrations that admins registered."""

    access = {"GET": _READ, "POST": _CHANGE}

    @extend_schema(
        parameters=[
            query("include_creator_username", "true adds creator_username.", enum=["true", "false"]),
            *paging(default=100, cap=1000),
        ],
        responses=page("ListIntegrations", apps=answers.IntegrationInfo),
        summary="List app integrations",
    )
    def get(self, request: Request) -> Response:
        """Answer a page; the names of the creators only when asked."""
        found, token = page_of(integrations.registered(), request, order=("created", "id"))
        asked = request.query_params.get("include_creator_username") == "true"
        names = _creators(found) if asked else {}
        apps = [row(integration, names.get(integration.created_by or 0)) for integration in found]
        return Response({"apps": apps, **present(next_page_token=token)})

    @extend_schema(
        request=NewIntegration, responses=answers.NewIntegrationAnswer, summary="Register an app integration"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer with the ids, and once with the secret of a confidential one."""
        given = NewIntegration.of(request)
        integration, secret = integrations.create(by=by_of(request), **given)
        ids = {"integration_id": str(integration.integration_id), "client_id": integration.client_id}
        return Response({**ids, **present(client_secret=secret)}, headers={"Cache-Control": "no-store"})


class Integration(AccountView):
    """One app integration."""

    access = {"GET": _READ, "PATCH": _CHANGE, "DELETE": _CHANGE}

    @extend_schema(responses=answers.IntegrationInfo, summary="Show an app integration")
    def get(self, request: Request, integration_id: str) -> Response:
        """Answer everything but the secrets."""
        integration = integrations.get(integration_id)
        return Response(row(integration, _creators([integration]).get(integration.created_by or 0)))

    @extend_schema(request=IntegrationChanges, responses={200: Done}, summary="Change an app integration")
    def patch(self, request: Request, integration_id: str) -> Response:
        """Take effect on the next request."""
        integrations.update(integrations.get(integration_id), by=by_of(request), **IntegrationChanges.of(request))
        return Response({})

    @extend_schema(responses={200: Done}, summary="Delete an app integration")
    def delete(self, request: Request, integration_id: str) -> Response:
        """End its tokens and sessions at once."""
        integrations.delete(integrations.get(integration_id), by=by_of(request))
        return Response({})


class Switch(AccountView):
    """Enable or disable: the route says which."""

    access = {"POST": _CHANGE}
    enabled = True

    @extend_schema(request=Nothing, responses={200: Done}, summary="Switch an app integration on or off")
    def post(self, request: Request, integration_id: str) -> Response:
        """A disabled one gets no tokens, and its tokens are refused at once."""
        Nothing.of(request)
        integrations.set_enabled(integrations.get(integration_id), self.enabled, by=by_of(request))
        return Response({})


class RotateSecret(AccountView):
    """A new secret beside the old one."""

    access = {"POST": _CHANGE}

    @extend_schema(request=Rotate, responses=answers.Rotated, summary="Rotate the secret of an app integration")
    @idempotent
    def post(self, request: Request, integration_id: str) -> Response:
        """Answer with the new secret, once."""
        rotation = integrations.rotate_secret(integrations.get(integration_id), by=by_of(request), **Rotate.of(request))
        made = {
            "client_secret": rotation.raw,
            "secret_id": str(rotation.secret.id),
            "previous_expire_time": rfc3339(rotation.previous_ends_at),
        }
        return Response(made, headers={"Cache-Control": "no-store"})


def _creators(page: list[AppIntegration]) -> dict[int, str]:
    people = User.objects.filter(pk__in={integration.created_by for integration in page})
    return {person.pk: person.user_name for person in people}

"""rest-api.md 4.1 extensions and 6: clients that registered themselves, and how they may come in."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, present, refuse_unknown_parameters, rfc3339, texts
from accounts.api.openapi import Done, page, paging
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.scopes import Scope
from connections import policy, registrations
from connections.api import answers
from connections.api.custom_app_integrations import Nothing
from connections.models import AppIntegration
from connections.policy import Policy

_READ = Access("reader", Scope.ALL_APIS)
_CHANGE = Access("account_admin", Scope.ACCESS_MANAGEMENT)


class SettingsChange(Body):
    """The settings to change."""

    client_registration = Text(required=False, help_text="off, approval or open (RFC 7591).")
    client_documents = Text(required=False, help_text="off, listed or any: client ID metadata documents.")
    client_document_hosts = texts(required=False, help_text="Hosts whose documents are accepted, at most 100.")
    second_factor = Text(required=False, help_text="admins or everybody: who needs more than a password.")


class Settings(APIView):
    """The settings of the workspace."""

    access = {"GET": _READ, "PATCH": _CHANGE}

    @extend_schema(responses=answers.Settings, summary="Show the workspace settings")
    def get(self, request: Request) -> Response:
        """Answer every setting, those at their default too."""
        refuse_unknown_parameters(request, ())
        return Response(_settings(policy.load()))

    @extend_schema(request=SettingsChange, responses=answers.Settings, summary="Change workspace settings")
    def patch(self, request: Request) -> Response:
        """Change those that are sent. Clients that came in before stay."""
        refuse_unknown_parameters(request, ())
        return Response(_settings(policy.change(by=by_of(request), **SettingsChange.of(request, partial=True))))


class Registrations(AccountView):
    """The clients that registered themselves."""

    access = {"GET": _READ}

    @extend_schema(
        parameters=paging(default=100, cap=1000),
        responses=page("ListRegistrations", registrations=answers.RegistrationInfo),
        summary="List clients that registered themselves",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, oldest first."""
        found, token = page_of(registrations.self_registered(), request, order=("created", "id"))
        return Response({"registrations": [row(client) for client in found], **present(next_page_token=token)})


class Approve(AccountView):
    """Let people connect a client that waits."""

    access = {"POST": _CHANGE}

    @extend_schema(request=Nothing, responses={200: Done}, summary="Approve a client")
    def post(self, request: Request, client_id: str) -> Response:
        """Take effect at the next authorization."""
        Nothing.of(request)
        registrations.approve(registrations.get(client_id), by=by_of(request))
        return Response({})


class Reject(AccountView):
    """Delete a client that registered itself."""

    access = {"POST": _CHANGE}

    @extend_schema(request=Nothing, responses={200: Done}, summary="Reject a client")
    def post(self, request: Request, client_id: str) -> Response:
        """Its consents, sessions and tokens end with it. It may register again."""
        Nothing.of(request)
        registrations.delete(registrations.get(client_id), by=by_of(request), action="client.reject")
        return Response({})


def row(client: AppIntegration) -> dict[str, Any]:
    """Return a client as the API shows it. What it says about itself is not verified."""
    return present(
        client_id=client.client_id,
        client_name=client.name,
        registration_source="document"
        if client.registration_source == client.RegistrationSource.CIMD
        else "registration",
        state="waiting" if client.waits_for_approval else "usable",
        redirect_uris=client.redirect_urls,
        scopes=client.scopes,
        confidential=client.confidential,
        resembles=client.resembles or None,
        create_time=rfc3339(client.created),
    )


def _settings(rules: Policy) -> dict[str, Any]:
    return {
        "client_registration": rules.client_registration,
        "client_documents": rules.client_documents,
        "client_document_hosts": list(rules.client_document_hosts),
        "second_factor": rules.second_factor,
    }

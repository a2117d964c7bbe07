"""Prompts that an admin writes. rest-api.md 6."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, Text, present, refuse_unknown_parameters, rfc3339, texts
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.scopes import Scope
from mcp_endpoint import authoring
from mcp_endpoint.api import answers
from mcp_endpoint.models import Prompt

_READ = Access("reader", Scope.ALL_APIS)
_WRITE = Access("account_admin", Scope.ACCESS_MANAGEMENT)


class NewArgument(Body):
    """One gap of the messages."""

    name = Text(help_text="1 to 64 of A-Z, a-z, 0-9, _ and -.")
    title = Text(required=False, allow_blank=True, help_text="For people.")
    description = Text(required=False, allow_blank=True, help_text="For people.")
    required = Flag(  # type: ignore[assignment]  # the word of MCP
        required=False, help_text="false when absent: then its gaps may stay empty."
    )
    complete = Text(
        required=False,
        allow_blank=True,
        help_text="catalog, schema, table, function or index: completed by their names.",
    )
    values = texts(required=False, help_text="Completed by these.")


class NewMessage(Body):
    """One message: a text, or a resource that is embedded."""

    role = Text(help_text="user or assistant.")
    text = Text(required=False, allow_blank=True, help_text="With gaps: {{argument}}.")
    resource = Text(
        required=False, allow_blank=True, help_text="URI of a catalog object, which may have gaps; instead of a text."
    )


class PromptChanges(Body):
    """What can change later. Each field may be left out; a list replaces the one before."""

    title = Text(required=False, allow_blank=True, help_text="For people.")
    description = Text(required=False, allow_blank=True, help_text="For people.")
    arguments = NewArgument(many=True, required=False, help_text="At most 20.")
    messages = NewMessage(many=True, required=False, help_text="1 to 20, in order.")
    offered_on = texts(
        required=False, help_text="Beginnings of MCP URLs: tables/demo, */demo/sales, servers/desk; * is everywhere."
    )
    enabled = Flag(required=False, help_text="false: no URL offers it.")


class NewPrompt(PromptChanges):
    """A prompt to make."""

    name = Text(help_text="1 to 64 of A-Z, a-z, 0-9, _ and -.")


def row(prompt: Prompt) -> dict[str, Any]:
    """Return a prompt as the API shows it."""
    return {
        "name": prompt.name,
        **authoring.said(prompt),
        "version": prompt.version,
        "create_time": rfc3339(prompt.created_at),
        "update_time": rfc3339(prompt.updated_at),
        **present(created_by=prompt.created_by),
    }


class Prompts(APIView):
    """All prompts."""

    access = {"GET": _READ, "POST": _WRITE}

    @extend_schema(
        parameters=paging(), responses=page("ListPrompts", prompts=answers.PromptInfo), summary="List the prompts"
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of them, by name."""
        refuse_unknown_parameters(request, ("page_size", "page_token"))
        found, token = page_of(Prompt.objects.all(), request, order=("name",), default=50, cap=500)
        return Response({"prompts": [row(prompt) for prompt in found], **present(next_page_token=token)})

    @extend_schema(request=NewPrompt, responses=answers.PromptInfo, summary="Make a prompt")
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep it. It is offered on MCP URLs within a second."""
        fields = NewPrompt.of(request)
        return Response(row(authoring.create(fields.pop("name"), fields, by=by_of(request))))


class OnePrompt(APIView):
    """One prompt."""

    access = {"GET": _READ, "PATCH": _WRITE, "DELETE": _WRITE}

    @extend_schema(responses=answers.PromptInfo, summary="Show a prompt")
    def get(self, request: Request, name: str) -> Response:
        """Answer with the prompt."""
        refuse_unknown_parameters(request, ())
        return Response(row(authoring.find(name)))

    @extend_schema(request=PromptChanges, responses=answers.PromptInfo, summary="Change a prompt")
    def patch(self, request: Request, name: str) -> Response:
        """Change what was sent; a new version."""
        fields = PromptChanges.of(request, partial=True)
        return Response(row(authoring.change(authoring.find(name), fields, by=by_of(request))))

    @extend_schema(responses={200: Done}, summary="Remove a prompt")
    def delete(self, request: Request, name: str) -> Response:
        """Answer {}. No URL offers it from now on."""
        refuse_unknown_parameters(request, ())
        authoring.delete(authoring.find(name), by=by_of(request))
        return Response({})

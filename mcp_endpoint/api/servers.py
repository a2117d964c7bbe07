"""Curated servers. rest-api.md 6."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
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
from mcp_endpoint import curation
from mcp_endpoint.api import answers
from mcp_endpoint.models import CuratedServer

_READ = Access("reader", Scope.ALL_APIS)
_WRITE = Access("account_admin", Scope.ACCESS_MANAGEMENT)


class Entry(Body):
    """A tool of another MCP URL, or all tools of it."""

    kind = Text(help_text="functions, tables, sql or vector-search.")
    selector = Text(allow_blank=True, help_text="What follows the kind in the MCP URL: catalog/schema.")
    tool = Text(required=False, allow_blank=True, help_text="Name of the tool there; absent: all tools.")
    alias = Text(required=False, allow_blank=True, help_text="Name of the tool here.")
    description = Text(required=False, allow_blank=True, help_text="In place of the tool's own.")
    presets = serializers.DictField(required=False, help_text="Arguments that are fixed and not shown to the model.")


class Changes(Body):
    """What can change later. Each field may be left out; a list replaces the one before."""

    title = Text(required=False, allow_blank=True, max_length=200, help_text="For people and clients.")
    description = Text(required=False, allow_blank=True, max_length=2000, help_text="For people.")
    instructions = Text(required=False, allow_blank=True, help_text="For the model.")
    tools = Entry(many=True, required=False, help_text="In order; of two with one name the first counts.")
    allow = texts(required=False, help_text="Patterns of tool names, with * and ?; none: all.")
    deny = texts(required=False, help_text="Patterns of tool names that are off.")
    enabled = Flag(required=False, help_text="false: its URL answers 404.")


class NewServer(Changes):
    """A curated server to make."""

    name = Text(help_text="1 to 63 of A-Z, a-z, 0-9, _ and -. Part of the MCP URL.")


def row(server: CuratedServer) -> dict[str, Any]:
    """Return a server as the API shows it."""
    return {
        "name": server.name,
        **curation.said(server),
        "version": server.version,
        "path": curation.path_of(server),
        "create_time": rfc3339(server.created_at),
        **present(created_by=server.created_by),
    }


class Servers(APIView):
    """All curated servers."""

    access = {"GET": _READ, "POST": _WRITE}

    @extend_schema(
        parameters=paging(),
        responses=page("ListCuratedServers", servers=answers.CuratedServerInfo),
        summary="List the curated servers",
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of them, by name."""
        refuse_unknown_parameters(request, ("page_size", "page_token"))
        found, token = page_of(CuratedServer.objects.all(), request, order=("name",), default=50, cap=500)
        return Response({"servers": [row(server) for server in found], **present(next_page_token=token)})

    @extend_schema(request=NewServer, responses=answers.CuratedServerInfo, summary="Make a curated server")
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep it. Whether the tools are there is seen by who lists them, with their own privileges."""
        fields = NewServer.of(request)
        return Response(row(curation.create(fields.pop("name"), fields, by=by_of(request))))


class OneServer(APIView):
    """One curated server."""

    access = {"GET": _READ, "PATCH": _WRITE, "DELETE": _WRITE}

    @extend_schema(responses=answers.CuratedServerInfo, summary="Show a curated server")
    def get(self, request: Request, name: str) -> Response:
        """Answer with the server."""
        refuse_unknown_parameters(request, ())
        return Response(row(curation.find(name)))

    @extend_schema(request=Changes, responses=answers.CuratedServerInfo, summary="Change a curated server")
    def patch(self, request: Request, name: str) -> Response:
        """Change what was sent; a new version."""
        fields = Changes.of(request, partial=True)
        return Response(row(curation.change(curation.find(name), fields, by=by_of(request))))

    @extend_schema(responses={200: Done}, summary="Remove a curated server")
    def delete(self, request: Request, name: str) -> Response:
        """Answer {}. The objects behind its tools stay as they are."""
        refuse_unknown_parameters(request, ())
        curation.delete(curation.find(name), by=by_of(request))
        return Response({})

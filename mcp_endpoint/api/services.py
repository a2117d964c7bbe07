"""Curated servers under their name in the compatible catalog API, MCP services: for reading. rest-api.md 5."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import parameter, present, rfc3339
from accounts.api.openapi import page, paging, query
from accounts.api.paging import page_of
from accounts.errors import Invalid, NotFound
from accounts.models import Account, User
from catalog.api.unity.views import ReadOnly
from connections.grant import Grant
from mcp_endpoint import curation
from mcp_endpoint.api import answers
from mcp_endpoint.models import CuratedServer
from mcp_endpoint.preview import curated_within

_SIZE = 200  # rows of a page, at most and when nothing is said; the SDK says so to its users
_PREFIX = "mcp-services/"
_PARENT = re.compile(r"schemas/([^./]+)\.([^./]+)")


def row(server: CuratedServer, owners: Mapping[int | None, str]) -> dict[str, Any]:
    """Return a curated server as an McpService; `url` is ours."""
    owner = owners.get(server.created_by)
    return {
        "name": f"{_PREFIX}{server.name}",
        "config": {"include_tool_selectors": server.allow},
        "create_time": rfc3339(server.created_at),
        "etag": b64encode(str(server.version).encode()).decode(),
        "metastore_id": str(Account.load().account_id),
        "url": f"{settings.GATEPOST_PUBLIC_URL}{curation.path_of(server)}",
        **present(comment=server.description or None, created_by=owner, effective_owner=owner),
    }


class _Services(ReadOnly):
    elsewhere = "Make, change and remove curated servers at /api/gatepost/v1/mcp-servers."

    def visible(self, request: Request) -> QuerySet[CuratedServer]:
        """Return all to account admins and auditors, to others those that hold a tool for them."""
        grant: Grant = request.auth  # type: ignore[assignment]  # by GrantAuthentication
        if grant.principal.is_account_admin or grant.principal.is_auditor:
            return CuratedServer.objects.all()
        return CuratedServer.objects.filter(pk__in=[server.pk for server in curated_within(grant)])


class Services(_Services):
    """The curated servers that the caller may see."""

    @extend_schema(
        parameters=[
            query("parent", "schemas/{catalog}.{schema}: those with a choice of this schema."),
            *paging(default=_SIZE, cap=_SIZE),
        ],
        responses=page("ListMcpServices", mcp_services=answers.McpServiceInfo),
        summary="List the MCP services",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by name. A curated server belongs to no schema; one may ask for those that choose from it."""
        rows, parent = self.visible(request), parameter(request, "parent")
        if parent:
            rows = rows.filter(tools__contains=[{"selector": _selector(parent)}])
        filters = {"parent": parent}
        found, token = page_of(rows, request, order=("name",), filters=filters, default=_SIZE, cap=_SIZE)
        owners = _owners(found)
        return Response({"mcp_services": [row(server, owners) for server in found], **present(next_page_token=token)})


class OneService(_Services):
    """One curated server."""

    @extend_schema(responses=answers.McpServiceInfo, summary="Show an MCP service")
    def get(self, request: Request, name: str) -> Response:
        """Answer the server."""
        found = self.visible(request).filter(name=name).first() if "\0" not in name else None
        if found is None:
            raise NotFound(f"There is no MCP service {name!r}.")
        return Response(row(found, _owners([found])))


def _selector(parent: str) -> str:
    named = _PARENT.fullmatch(parent)
    if named is None:
        raise Invalid({"parent": ["Name a schema: schemas/{catalog}.{schema}."]})
    return f"{named[1]}/{named[2]}"


def _owners(servers: list[CuratedServer]) -> dict[int | None, str]:
    found = User.objects.in_bulk({server.created_by for server in servers if server.created_by})
    return {key: user.user_name for key, user in found.items()}

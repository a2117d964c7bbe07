"""The MCP URLs of one schema, with what the person who looks finds there."""

from typing import Final
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from audit.console.access import Role, SignedInRequest, open_to
from connections import origin
from mcp_endpoint import paths
from mcp_endpoint.console.offers import offer

_KINDS: Final = ("functions", "tables", "vector-search")


@open_to(Role.MEMBER)
@require_GET
def schema(request: SignedInRequest, name: str, schema: str) -> HttpResponse:
    """Show the URLs. What is not there and what is not for this person looks alike: no URL."""
    within = "/".join(quote(each, safe="") for each in (name, schema))
    candidates = [f"{paths.PREFIX}{kind}/{within}" for kind in _KINDS]
    candidates.append(f"{paths.PREFIX}sql/{quote(name, safe='')}")
    offers = [found for path in candidates if (found := offer(request.user, path)) and found.tools]
    urls = [(found, origin.of(request) + found.path) for found in offers]
    context = {"catalog": name, "schema": schema, "urls": urls}
    return render(request, "mcp_endpoint/connect.html", context)

"""Routes of the MCP endpoint for hosts without ASGI, where config.asgi answers before Django; and those of its API."""

import re

from django.urls import URLPattern, URLResolver, include, path, re_path

from mcp_endpoint import views
from mcp_endpoint.api import servers
from mcp_endpoint.challenge import METADATA
from mcp_endpoint.paths import PREFIX

_X = "api/gatepost/v1"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mcp_endpoint.console.urls")),
    path(f"{_X}/mcp-servers", servers.Servers.as_view()),
    path(f"{_X}/mcp-servers/<str:name>", servers.OneServer.as_view()),
    re_path(f"^{re.escape(PREFIX[1:])}", views.mcp),
    re_path(f"^{re.escape(METADATA[1:])}(?:/|$)", views.protected_resource),
]

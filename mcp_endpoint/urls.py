"""Routes of the MCP endpoint, for hosts without ASGI. config.asgi answers the same paths before Django."""

import re

from django.urls import URLPattern, URLResolver, re_path

from mcp_endpoint import views
from mcp_endpoint.challenge import METADATA
from mcp_endpoint.paths import PREFIX

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(f"^{re.escape(PREFIX[1:])}", views.mcp),
    re_path(f"^{re.escape(METADATA[1:])}(?:/|$)", views.protected_resource),
]

"""Routes of the MCP endpoint for hosts without ASGI, where config.asgi answers before Django; and those of its API."""

import re

from django.urls import URLPattern, URLResolver, include, path, re_path

from mcp_endpoint import views
from mcp_endpoint.api import prompts, servers, services, statements
from mcp_endpoint.challenge import METADATA
from mcp_endpoint.paths import PREFIX
from mcp_endpoint.sql_statements.calls import PATH as STATEMENTS

_X = "api/gatepost/v1"
_UC = "api/2.1/unity-catalog"
_SQL = STATEMENTS[1:]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("mcp_endpoint.console.urls")),
    path(f"{_X}/mcp-servers", servers.Servers.as_view()),
    path(f"{_X}/mcp-servers/<str:name>", servers.OneServer.as_view()),
    path(f"{_X}/prompts", prompts.Prompts.as_view()),
    path(f"{_X}/prompts/<str:name>", prompts.OnePrompt.as_view()),
    path(f"{_UC}/mcp-services", services.Services.as_view()),
    path(f"{_UC}/mcp-services/<str:name>", services.OneService.as_view()),
    path(_SQL, statements.Statements.as_view()),
    path(f"{_SQL}/<str:statement_id>", statements.OneStatement.as_view()),
    path(f"{_SQL}/<str:statement_id>/result/chunks/<int:chunk_index>", statements.Chunk.as_view()),
    path(f"{_SQL}/<str:statement_id>/cancel", statements.Cancel.as_view()),
    re_path(f"^{re.escape(PREFIX[1:])}", views.mcp),
    re_path(f"^{re.escape(METADATA[1:])}(?:/|$)", views.protected_resource),
]

"""Console pages of MCP servers (the list, one URL, those of a schema, the curated ones) and of prompts."""

from django.urls import path

from mcp_endpoint.console import connect, prompts, servers

urlpatterns = [
    path("mcp-servers", servers.server_list, name="console-mcp-servers"),
    path("mcp-servers/one", servers.server, name="console-mcp-server"),
    path("mcp-servers/add", servers.add, name="console-mcp-server-add"),
    path("mcp-servers/<str:name>/edit", servers.edit, name="console-mcp-server-edit"),
    path("mcp-servers/<str:name>/delete", servers.delete, name="console-mcp-server-delete"),
    path("catalogs/<str:name>/schemas/<str:schema>/connect", connect.schema, name="console-schema-connect"),
    path("prompts", prompts.prompt_list, name="console-prompts"),
    path("prompts/add", prompts.add, name="console-prompt-add"),
    path("prompts/<str:name>/edit", prompts.edit, name="console-prompt-edit"),
    path("prompts/<str:name>/delete", prompts.delete, name="console-prompt-delete"),
]

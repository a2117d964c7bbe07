"""Console pages of MCP servers: the list, one URL, the curated ones."""

from django.urls import path

from mcp_endpoint.console import servers

urlpatterns = [
    path("mcp-servers", servers.server_list, name="console-mcp-servers"),
    path("mcp-servers/one", servers.server, name="console-mcp-server"),
    path("mcp-servers/add", servers.add, name="console-mcp-server-add"),
    path("mcp-servers/<str:name>/edit", servers.edit, name="console-mcp-server-edit"),
    path("mcp-servers/<str:name>/delete", servers.delete, name="console-mcp-server-delete"),
]

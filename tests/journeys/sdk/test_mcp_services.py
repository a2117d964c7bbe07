"""Curated servers as the SDK reads them, under ai_gateway. rest-api.md 5."""

import pytest
from databricks.sdk.errors import NotFound

X = "/api/gatepost/v1/mcp-servers"
CHOICE = {"kind": "tables", "selector": "demo/sales", "tool": "query_orders"}


def test_services_are_listed_and_shown(gatepost, workspace):
    gatepost.api("POST", X, json={"name": "by-sdk", "description": "Orders.", "tools": [CHOICE]})
    try:
        (row,) = [row for row in workspace.ai_gateway.list_mcp_services(page_size=1) if row.name.endswith("by-sdk")]
        assert workspace.ai_gateway.get_mcp_service("mcp-services/by-sdk") == row
        assert (row.name, row.comment, row.created_by) == ("mcp-services/by-sdk", "Orders.", "admin@demo.example")
        assert row.create_time.seconds > 1_700_000_000
        within = workspace.ai_gateway.list_mcp_services(parent="schemas/demo.hr")
        assert "mcp-services/by-sdk" not in [row.name for row in within]
        with pytest.raises(NotFound):
            workspace.ai_gateway.get_mcp_service("mcp-services/nothing")
    finally:
        gatepost.api("DELETE", f"{X}/by-sdk")

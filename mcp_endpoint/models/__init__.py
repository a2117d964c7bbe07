"""Models of the MCP endpoint."""

from mcp_endpoint.models.approvals import UsedApproval

__all__ = ["UsedApproval"]

"""Models of the MCP endpoint."""

from mcp_endpoint.models.approvals import UsedApproval
from mcp_endpoint.models.curated import CuratedServer

__all__ = ["CuratedServer", "UsedApproval"]

"""Models of the MCP endpoint."""

from mcp_endpoint.models.approvals import UsedApproval
from mcp_endpoint.models.curated import CuratedServer
from mcp_endpoint.models.prompts import Prompt

__all__ = ["CuratedServer", "Prompt", "UsedApproval"]

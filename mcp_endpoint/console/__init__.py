"""Console pages of MCP servers."""

"""Console pages of MCP servers and prompts."""

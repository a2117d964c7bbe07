"""mcp.md 4.5: SQL and what one needs to know for it, as tools of /sql and /sql/{catalog}."""

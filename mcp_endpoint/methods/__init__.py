"""The methods of MCP that are served, by area. `table` is the list."""

"""Running the official MCP conformance suite (npm) against a Gatepost with fixtures."""

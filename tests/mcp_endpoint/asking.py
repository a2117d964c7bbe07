"""Asking an MCP URL in one line, in any revision."""

import orjson

from tests.mcp_endpoint.doors import MODERN, headers_for, message, modern, through_asgi

FIRST, SECOND, THIRD = "2025-03-26", "2025-06-18", "2025-11-25"
REVISIONS = (FIRST, SECOND, THIRD, MODERN)


class Asking:
    """One URL and the people who ask there."""

    def __init__(self, world, path, query=""):
        self.world = world
        self.path = path
        self.query = query

    def ask(self, method, params=None, *, who="bob", revision=THIRD):
        """Return the HTTP answer."""
        value = modern(method, params) if revision == MODERN else message(method, params)
        headers = headers_for(value, self.world.tokens[who], revision)
        return through_asgi("POST", self.path, headers, orjson.dumps(value), self.query)

    def call(self, name, arguments=None, **how):
        """Return the result of tools/call."""
        answer = self.ask("tools/call", {"name": name, "arguments": arguments or {}}, **how)
        assert answer.status == 200, answer
        assert "result" in answer.json, answer
        return answer.json["result"]

    def rows(self, name, arguments=None, **how):
        """Return the structured content of a call that succeeds."""
        result = self.call(name, arguments, **how)
        assert not result.get("isError"), result
        return result["structuredContent"]

    def tools(self, **how):
        """Return all tools by name."""
        found, cursor = {}, None
        while True:
            result = self.ask("tools/list", {} if cursor is None else {"cursor": cursor}, **how).json["result"]
            found |= {tool["name"]: tool for tool in result["tools"]}
            cursor = result.get("nextCursor")
            if cursor is None:
                return found

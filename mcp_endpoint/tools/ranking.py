"""Which tools fit the words of a query, the best first."""

import re
from collections.abc import Iterable
from typing import Final

from mcp_endpoint.tools.tool import Tool

_WORDS: Final = re.compile(r"\w+")


def best(query: str, tools: Iterable[Tool]) -> list[Tool]:
    """Return the tools in which a word occurs. A query without words finds all, in their order."""
    wanted = set(_WORDS.findall(query.lower().replace("_", " ")))
    scored = [(_score(tool, wanted), tool) for tool in tools]
    return [tool for score, tool in sorted(scored, key=lambda each: -each[0]) if score > 0 or not wanted]


def _score(tool: Tool, wanted: set[str]) -> int:
    """Weigh words in the name above those in the title, and these above the description."""
    weighed = ((4, tool.name), (2, tool.title), (1, tool.description))
    return sum(weight for weight, text in weighed for word in wanted if word in text.lower())

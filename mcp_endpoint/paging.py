"""MCP server/utilities/pagination: pages of a sorted list."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

PAGE: Final = 100  # entries


def behind(names: Sequence[str], after: str) -> tuple[slice, str | None]:
    """Return where in the sorted names the page behind a name is, and the name to go on behind."""
    start = bisect_right(names, after)
    end = start + PAGE
    return slice(start, end), names[end - 1] if end < len(names) else None

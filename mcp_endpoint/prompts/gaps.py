"""Gaps in the texts of prompts: `{{argument}}`. Filled in one pass, so that a value with braces is not filled again."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

_GAP: Final = re.compile(r"\{\{([^{}]*)\}\}")
_OPENING: Final = "{{"


def count(text: str) -> int:
    """Return how many gaps there are."""
    return len(_GAP.findall(text))


def fault(text: str, names: Iterable[str]) -> str:
    """Return what is wrong with the gaps, which may have these names; or nothing."""
    unknown = [name for name in _GAP.findall(text) if name not in set(names)]
    if unknown:
        return f"there is no argument for the gap {{{{{unknown[0][:100]}}}}}."
    return "{{ begins a gap: write {{argument}}." if _OPENING in _GAP.sub("", text) else ""


def fill(text: str, values: Mapping[str, str], quote: Callable[[str], str] = str) -> str:
    """Return the text with the values in its gaps. What has no value stays empty."""
    return _GAP.sub(lambda gap: quote(values.get(gap[1], "")), text)

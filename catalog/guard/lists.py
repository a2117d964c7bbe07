"""The reviewed lists, one name a line. How they were chosen stands in README.md beside them."""

from pathlib import Path


def _read(name: str) -> frozenset[str]:
    return frozenset(Path(__file__).with_name(name).read_text(encoding="utf-8").split())


REVIEWED_FUNCTIONS = _read("functions.txt")
REVIEWED_TYPES = _read("types.txt")
INFORMATION_SCHEMA = _read("information_schema.txt")  # views that show nothing of anybody's schema

"""Rule 9 for types: those of pg_catalog that were reviewed, and those of trusted schemas."""

from catalog.guard.lists import REVIEWED_TYPES
from catalog.guard.names import SYSTEM, Names
from catalog.guard.uses import Uses
from catalog.guard.verdict import Code, Refused


def check_types(uses: Uses, names: Names) -> None:
    """Rule 9. A cast to reg* looks names up, and a domain or a base type runs functions of its own."""
    for use in uses.types:
        if not is_allowed(use.parts, names):
            written = ".".join(use.parts) or "This type"
            raise Refused(
                Code.TYPE, f"{written} may not be used as a type in SQL. Use a plain type such as text.", use.location
            )


def is_allowed(parts: tuple[str, ...], names: Names) -> bool:
    """Whether the name stands for a type that may be used."""
    match parts:
        case (name,):
            if name in REVIEWED_TYPES or _is_system(name, names):
                return name in REVIEWED_TYPES
            first = _first(name, names)
            return first in names.trusted and (first, name) in names.types
        case (schema, name):
            if schema == SYSTEM:
                return name in REVIEWED_TYPES
            return schema in names.trusted and (schema, name) in names.types
    return False


def is_foreign(parts: tuple[str, ...], names: Names) -> bool:
    """Whether a name means a type that may not be used."""
    match parts:
        case (name,):
            known = name in REVIEWED_TYPES or _is_system(name, names) or bool(names.on_path(name, names.types))
        case _:
            known = parts in names.types
    return known and not is_allowed(parts, names)


def _is_system(name: str, names: Names) -> bool:
    return name in names.system_types or name.startswith(("pg_", "reg", "_reg", "_pg_"))


def _first(name: str, names: Names) -> str | None:
    """The schema whose type of this name comes first. Every table has a type of its own name."""
    return next((s for s in names.search_path if (s, name) in names.types or (s, name) in names.relations), None)

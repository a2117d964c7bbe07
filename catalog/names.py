"""Names of functions as tools and in the REST API. The hash is over the argument types, so it survives dump and restore."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_TOOL_NAME: Final = 128  # MCP, server/tools
_KEPT: Final = 118
_HASH_LENGTH: Final = 8
_OTHER = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class Named:
    """What identifies a function inside its catalog."""

    schema: str
    name: str
    signature: str  # argument types joined by a comma, as format_type prints them


def overload_suffix(signature: str) -> str:
    """Return `__` and 8 hexadecimal digits for one overload."""
    return "__" + _hash(signature)


def overloaded(functions: Iterable[Named]) -> frozenset[tuple[str, str]]:
    """Return (schema, name) of every name that several functions share."""
    return frozenset(key for key, count in Counter((f.schema, f.name) for f in functions).items() if count > 1)


def tool_names(catalog: str, functions: Sequence[Named]) -> dict[Named, str]:
    """Name each function of a catalog: `catalog__schema__function`, made unique and fit for every client."""
    several = overloaded(functions)
    plain = {f: _plain(catalog, f, is_overloaded=(f.schema, f.name) in several) for f in functions}
    wanted = Counter(plain.values())
    fitting = {f: _fit(name, catalog, f, is_taken=wanted[name] > 1) for f, name in plain.items()}
    found = Counter(fitting.values())
    # A function may bear the very name that a hash gave to another one: these get a longer hash over everything.
    return {f: name if found[name] == 1 else _unmistakable(name, catalog, f) for f, name in fitting.items()}


def argument_names(names: Sequence[str]) -> list[str]:
    """Name the inputs of a function: unnamed ones are arg1, arg2, ... by position."""
    result: list[str] = []
    for position, name in enumerate(names, 1):
        chosen = name or f"arg{position}"
        while not name and (chosen in names or chosen in result):
            chosen += "_"
        result.append(chosen)
    return result


def _plain(catalog: str, function: Named, *, is_overloaded: bool) -> str:
    suffix = overload_suffix(function.signature) if is_overloaded else ""
    return _OTHER.sub("_", f"{catalog}__{function.schema}__{function.name}") + suffix


def _fit(name: str, catalog: str, function: Named, *, is_taken: bool) -> str:
    """Two names that became one, and a name that is too long, carry a hash of the qualified original."""
    if not is_taken and len(name) <= LONGEST_TOOL_NAME:
        return name
    original = f"{catalog}.{function.schema}.{function.name}({function.signature})"
    return f"{name[:_KEPT]}__{_hash(original)}"


def _unmistakable(name: str, catalog: str, function: Named) -> str:
    whole = "\0".join((catalog, function.schema, function.name, function.signature))
    return f"{name[: _KEPT - _HASH_LENGTH]}__{_hash(whole, 2 * _HASH_LENGTH)}"


def _hash(text: str, length: int = _HASH_LENGTH) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]

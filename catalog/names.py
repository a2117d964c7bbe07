"""Names of functions as tools and in the REST API. The hash is over the argument types, so it survives dump and restore."""

import hashlib
import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

K = TypeVar("K", bound=Hashable)

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
    return fitting(
        {
            f: Wanted(
                f"{catalog}__{f.schema}__{f.name}",
                (catalog, f.schema, f.name, f.signature),
                f"{catalog}.{f.schema}.{f.name}({f.signature})",
                overload_suffix(f.signature) if (f.schema, f.name) in several else "",
            )
            for f in functions
        }
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name that a tool would bear if every character were allowed and nothing else bore it."""

    name: str
    identity: tuple[str, ...]
    original: str  # qualified, over which the hash goes
    suffix: str = ""


def fitting(wanted: Mapping[K, Wanted]) -> dict[K, str]:
    """Make names unique and fit for every client. They depend on nothing but each other."""
    plain = {key: _OTHER.sub("_", want.name) + want.suffix for key, want in wanted.items()}
    taken = Counter(plain.values())
    # Two names that became one, and a name that is too long, carry a hash of the qualified original.
    hashed = {
        key: name
        if taken[name] == 1 and len(name) <= LONGEST_TOOL_NAME
        else f"{name[:_KEPT]}__{_hash(wanted[key].original)}"
        for key, name in plain.items()
    }
    found = Counter(hashed.values())
    # A function may bear the very name that a hash gave to another one: these get a longer hash over everything.
    return {key: name if found[name] == 1 else _unmistakable(name, wanted[key]) for key, name in hashed.items()}


def argument_names(names: Sequence[str]) -> list[str]:
    """Name the inputs of a function: unnamed ones are arg1, arg2, ... by position."""
    result: list[str] = []
    for position, name in enumerate(names, 1):
        chosen = name or f"arg{position}"
        while not name and (chosen in names or chosen in result):
            chosen += "_"
        result.append(chosen)
    return result


def _unmistakable(name: str, wanted: Wanted) -> str:
    whole = _hash("\0".join(wanted.identity), 2 * _HASH_LENGTH)
    return f"{name[: _KEPT - _HASH_LENGTH]}__{whole}"


def _hash(text: str, length: int = _HASH_LENGTH) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]

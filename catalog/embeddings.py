"""Functions that make a vector of a text, so that vectors are searched by words (mcp.md 4.6). No Django here."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from catalog import functions, snapshot
from catalog.errors import CallFailed
from catalog.execution import Limits
from catalog.function import Function
from catalog.relation import Column, Relation
from catalog.snapshot import Caller, Header

_MODIFIER: Final = re.compile(r"\([0-9]+\)$")  # the dimensions, as format_type writes them


class Unfit(Exception):
    """No such function, or it makes no vectors of this column from texts. The text says which."""


def fitting(functions: Iterable[Function], name: str, column: Column) -> Function:
    """Return the one of a schema's functions that has this name and makes such vectors. Raise Unfit."""
    found = [function for function in functions if function.name == name and _takes_a_text(function)]
    if len(found) != 1:
        there = "There are several functions" if found else "There is no function"
        raise Unfit(f"{there} {name!r} that can be called with one text.")
    [function] = found
    type_ = type_of(column)
    if function.returns_set or function.returns != type_:
        raise Unfit(f"The function {name!r} does not return one {type_}.")
    if function.runs_as_owner:
        raise Unfit(f"The function {name!r} runs as its owner (SECURITY DEFINER).")
    if function.writes:
        raise Unfit(f"The function {name!r} is marked as writing.")
    if function.has_changed:
        raise Unfit(f"The function {name!r} changed. Accept the change first.")
    return function


def type_of(column: Column) -> str:
    """Return the type of the column's vectors, whatever their length."""
    return _MODIFIER.sub("", column.type)


async def offered(header: Header, relation: Relation, index: str, caller: Caller) -> Function | None:
    """Return the function that makes vectors of texts for an index, when the caller may execute it. On the owning loop."""
    named, column = relation.embeddings.get(index), relation.vectors(index)
    if named is None or column is None:
        return None
    schema, name = named
    try:
        function = fitting(await snapshot.functions(header, schema), name, column)
    except Unfit:
        return None
    return function if snapshot.may_execute(await snapshot.rights(caller), function) else None


async def vector_of(
    text: str, function: Function, dimensions: int, *, caller: Caller, timeout_ms: int | None
) -> list[float]:
    """Return what the function makes of a text, called once under the caller's own privileges.

    Raise NotVisible, or CallFailed, also for what is no vector of these dimensions.
    """
    if "\0" in text:
        raise CallFailed("INVALID_ARGUMENT", "query: leave out the NUL character.")
    given: Mapping[str, str] = {function.arguments[0].name: text}
    result = await functions.call(function, given, caller=caller, limits=Limits(timeout_ms=timeout_ms))
    value = result.rows[0][0] if result.rows else None
    if value is None:
        raise CallFailed("NO_VECTOR", "query: the embedding function made no vector of this text.")
    vector: list[float] = orjson.loads(value)
    if len(vector) != dimensions:
        told = f"query: the embedding function made {len(vector)} numbers of this text, and the index has {dimensions}."
        raise CallFailed("NO_VECTOR", told)
    return vector


def _takes_a_text(function: Function) -> bool:
    first, *others = function.arguments or (None,)
    return (
        first is not None
        and (first.type, first.mode) in {("text", "i"), ("text", "b")}
        and all(other.has_default for other in others)
    )

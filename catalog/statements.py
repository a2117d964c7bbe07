"""The one statement of a function call. Identifiers come from the introspected copy, values are bound."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from psycopg import sql

from catalog.errors import CallFailed
from catalog.function import Argument, Function
from catalog.literals import Unwritable, written
from catalog.parameters import Placeholder
from catalog.restriction import Restriction, restricted


def of_call(
    function: Function, arguments: Mapping[str, Any], limit: int, restriction: Restriction | None = None
) -> tuple[bytes, list[str | None]]:
    """Return the statement with $1, $2, ... and what to bind. `limit` is the number of rows to ask for."""
    given = tuple(argument.name for argument in function.arguments if argument.name in arguments)
    _check_names(function, arguments)
    _check_reach(function, given)
    values = [_value(argument, arguments[argument.name]) for argument in function.arguments if argument.name in given]
    if restriction is None:
        return _text(function, given), [*values, str(limit)]
    return _restricted(function, given, [*values, str(limit)], restriction)


def _restricted(
    function: Function, given: tuple[str, ...], values: list[str | None], restriction: Restriction
) -> tuple[bytes, list[str | None]]:
    """Put what masks and row filters leave in the place of the rows that the function returns."""

    def bind(text: str) -> sql.Composed:
        values.append(text)
        return sql.SQL("{}::pg_catalog.text").format(Placeholder(len(values)))

    limit = len(values)
    shown = [(column.name, column.type) for column in function.columns]
    rows = restricted(_call(function, given), shown, restriction, bind)
    statement = sql.SQL("SELECT * FROM {} AS t LIMIT {}::pg_catalog.int8").format(rows, Placeholder(limit))
    return statement.as_bytes(), values


def _check_names(function: Function, arguments: Mapping[str, Any]) -> None:
    known = [argument.name for argument in function.arguments]
    for name in arguments:
        if name not in known:
            offered = ", ".join(known) or "none"
            raise CallFailed("UNKNOWN_ARGUMENT", f"There is no argument {name!r}. The arguments are: {offered}.")
    for argument in function.arguments:
        if not argument.has_default and argument.name not in arguments:
            raise CallFailed("MISSING_ARGUMENT", f"The argument {argument.name!r} is missing.")


def _check_reach(function: Function, given: tuple[str, ...]) -> None:
    """Refuse a call that another overload would answer: the privilege is on this one.

    Every value is cast to its declared type, so PostgreSQL takes this function unless another one fits the same
    arguments exactly and needs no more defaults.
    """
    omitted = [argument.name for argument in function.arguments if argument.name not in given]
    positional = _positional(function, given)
    if omitted and any(_answers(rival, function, given, positional) for rival in function.rivals):
        raise CallFailed("AMBIGUOUS_CALL", f"Another overload would answer this call. Give also: {', '.join(omitted)}.")


def _answers(rival: Sequence[Argument], function: Function, given: tuple[str, ...], positional: int) -> bool:
    sent = [argument for argument in function.arguments if argument.name in given]
    by_name = {argument.sql_name: argument.type for argument in sent[positional:]}
    if [argument.type for argument in rival[:positional]] != [argument.type for argument in sent[:positional]]:
        return False
    rest = rival[positional:]
    fits = all(argument.has_default or argument.sql_name in by_name for argument in rest)
    types = {argument.sql_name: argument.type for argument in rest}
    return fits and all(types.get(name) == type_ for name, type_ in by_name.items())


def _positional(function: Function, given: tuple[str, ...]) -> int:
    """Return how many arguments go by position: all up to the last unnamed one, since names must follow."""
    unnamed = [index for index, argument in enumerate(function.arguments) if not argument.sql_name]
    last = max((index for index in unnamed if function.arguments[index].name in given), default=-1)
    for argument in function.arguments[: last + 1]:
        if argument.name not in given:
            needing = function.arguments[last].name
            raise CallFailed("MISSING_ARGUMENT", f"The argument {needing!r} needs {argument.name!r} before it.")
    return last + 1


def _value(argument: Argument, value: Any) -> str | None:
    try:
        return written(value, argument.codec, is_array=argument.is_array)
    except Unwritable as error:
        raise CallFailed("INVALID_ARGUMENT", f"The argument {argument.name!r}: {error}") from None


@lru_cache(maxsize=4096)
def _text(function: Function, given: tuple[str, ...]) -> bytes:
    return (
        sql.SQL("SELECT * FROM {call} LIMIT {limit}::pg_catalog.int8")
        .format(call=_call(function, given), limit=Placeholder(len(given) + 1))
        .as_bytes()
    )


def _call(function: Function, given: tuple[str, ...]) -> sql.Composed:
    sent = [argument for argument in function.arguments if argument.name in given]
    positional = _positional(function, given)
    parts = [_part(argument, number, by_name=number > positional) for number, argument in enumerate(sent, 1)]
    return sql.SQL("{function}({arguments})").format(
        function=sql.Identifier(function.schema, function.name), arguments=sql.SQL(", ").join(parts)
    )


def _part(argument: Argument, number: int, *, by_name: bool) -> sql.Composed:
    return sql.SQL("{variadic}{name}{value}::{type}").format(
        variadic=sql.SQL("VARIADIC " if argument.mode == "v" else ""),
        name=sql.SQL("{} => ").format(sql.Identifier(argument.sql_name)) if by_name else sql.SQL(""),
        value=Placeholder(number),
        type=sql.Identifier(*argument.cast),
    )

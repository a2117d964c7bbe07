"""Errors of the database in words that may leave the house: a sentence for each class, never a value or a name."""

from typing import Final

import psycopg
from psycopg.errors import Diagnostic

from catalog.errors import CallFailed, DatabaseUnreachable, TimedOut

# What is not there and what is not allowed are told alike, also by code.
_NOT_ACCESSIBLE: Final = frozenset({"42501", "42P01", "3F000", "42883"})
_LOST: Final = ("08", "57P")

_BY_STATE: Final = {
    "25006": "The function writes, and it is not marked as writing. An account admin can mark it.",
    "55P03": "Another transaction holds the data locked. Try again in a moment.",
    "40001": "Another transaction changed the same data. Try again.",
    "40P01": "Another transaction changed the same data. Try again.",
    "P0001": "The function reported an error.",
    "P0002": "The function found no row where it needs one.",
}
_BY_CLASS: Final = {
    "22": "A value is out of range or has the wrong form for its type.",
    "23": "A rule of the data does not allow this: a value must be unique, present, or refer to something that exists.",
    "25": "The transaction's state does not allow this.",
    "42": "The function uses something that is not as it expects.",
    "53": "The database has no resources left for this. Try again later, or ask for less.",
    "54": "This is too large or too complex for the database. Ask for less.",
    "P0": "The function reported an error.",
}
_UNKNOWN_TABLE: Final = "There is no such table or function that you may use. See list_tables."
_OF_SQL: Final = {
    "0A": "The database cannot do this kind of statement.",
    "21": "A subquery returned more than one row where one is expected.",
    "22012": "Something is divided by zero.",
    "25006": "The statement writes in a place that may only read.",
    "42501": _UNKNOWN_TABLE,
    "42P01": _UNKNOWN_TABLE,
    "3F000": _UNKNOWN_TABLE,
    "42883": "No function or operator takes these types. Cast the values.",
    "42703": "A column does not exist. See get_table_schema.",
    "42702": "A column name can mean several columns. Write table.column.",
    "42803": "A column must stand in GROUP BY or inside an aggregate.",
    "42804": "The types do not fit together. Cast the values.",
    "42846": "There is no cast between these types.",
    "42P18": "The type of a parameter is not clear. Cast it, for example $1::text.",
    "428C9": "A generated column cannot be written. Leave it out.",
    "42": "The statement is not right in this place.",
    "P0": "A function or trigger reported an error.",
}
_OF_CREATION: Final = {
    "42P07": "There is a table, view or index of this name in the schema already. Nothing was changed.",
    "42710": "There is a type of this name in the schema already. Choose another name for the table.",
    "42701": "A column has the name of another one, or of a system column such as ctid.",
    "42704": "A column of the primary key has a type that cannot be sorted, such as json.",
    "42501": "The creating role of this catalog may not do this. An account admin can see how to cure it.",
    "3F000": "The schema for new tables is gone. An account admin can see how to cure it.",
    "42": "PostgreSQL does not take this definition of a table.",
}
_OTHERWISE: Final = "The database could not do this."


def explain(error: psycopg.Error) -> CallFailed:
    """Return the failure to raise: a safe message, and everything the server said as its detail."""
    state = error.sqlstate or ""
    detail = told_by(error)
    if state == "57014":
        return timed_out(detail)
    if (not state and isinstance(error, psycopg.OperationalError)) or state.startswith(_LOST):
        return unreachable(detail)
    if state in _NOT_ACCESSIBLE:
        message = "The function uses something that does not exist or that the login role may not use."
        return CallFailed("42501", message, detail)
    message = _BY_STATE.get(state) or _BY_CLASS.get(state[:2], _OTHERWISE)
    return CallFailed(state or "DATABASE_ERROR", message, detail)


def explain_statement(error: psycopg.Error) -> CallFailed:
    """Return the failure of a caller's own SQL: where it is wrong, never what the server said about it."""
    state = error.sqlstate or ""
    message = _OF_SQL.get(state) or _OF_SQL.get(state[:2])
    if message is None:
        return explain(error)
    return CallFailed("42501" if message == _UNKNOWN_TABLE else state, message, told_by(error))


def explain_creation(error: psycopg.Error) -> CallFailed:
    """Return the failure of a table that could not be created. Its definition is the caller's, so nothing leaks."""
    state = error.sqlstate or ""
    message = _OF_CREATION.get(state) or _OF_CREATION.get(state[:2])
    return explain(error) if message is None else CallFailed(state, message, told_by(error))


def unreachable(detail: str) -> DatabaseUnreachable:
    """Say that there is no connection."""
    message = "The database of this catalog cannot be reached now. Try again later, or ask an account admin."
    return DatabaseUnreachable("DATABASE_UNREACHABLE", message, detail)


def timed_out(detail: str) -> TimedOut:
    """Say that the time limit struck."""
    return TimedOut("57014", "The call reached its time limit and was ended. Ask for less.", detail)


def told_by(error: psycopg.Error) -> str:
    """Return everything that the server said, for the audit record only."""
    said: Diagnostic = error.diag
    parts = {
        error.sqlstate or type(error).__name__: said.message_primary or str(error),
        "DETAIL": said.message_detail,
        "HINT": said.message_hint,
        "CONTEXT": said.context,
    }
    return "\n".join(f"{name}: {text}" for name, text in parts.items() if text)

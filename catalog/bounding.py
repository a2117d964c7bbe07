"""A limit on the length of a row, kept by the server: the client library has to hold a row whole. sql-safety.md 3 S12."""

import secrets

import psycopg

from catalog import guard


def of_query(text: str, most: int) -> tuple[str, str]:
    """Return a query so that the server refuses to send a row of more bytes, and the mark by which it says so."""
    mark = secrets.token_hex(8)
    return _short_rows(f"(\n{guard.body(text)}\n) query_{mark}", mark, most), mark


def of_write(text: str, most: int) -> tuple[str, str]:
    """Return the same of a statement that writes; as it is, with no mark, when it returns no rows."""
    mark = secrets.token_hex(8)
    clause = guard.as_last_cte(text, f"query_{mark}")
    return (f"{clause} {_short_rows(f'query_{mark}', mark, most)}", mark) if clause else (text, "")


def struck(error: psycopg.DataError, mark: str) -> bool:
    """Tell whether the statement ended because a row was too long."""
    return bool(mark) and mark in (error.diag.message_primary or "")


def _short_rows(source: str, mark: str, most: int) -> str:
    """Select all from the source.

    OFFSET 0 keeps the planner from mixing our condition with those of the query. The aliases are random, because a
    column of that name would stand for something else.
    """
    rows = f"rows_{mark}"
    length = f"pg_catalog.octet_length({rows}::pg_catalog.text)"
    fits = f"CASE WHEN {length} OPERATOR(pg_catalog.<=) {most} THEN true ELSE pg_catalog.concat('{mark}', {length})::bool END"
    return f"SELECT * FROM (SELECT * FROM {source} OFFSET 0) {rows} WHERE {fits}"  # noqa: S608 - checked

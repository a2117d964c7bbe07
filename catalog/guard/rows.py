"""The rows of a statement that writes, as a CTE of a SELECT around it. PostgreSQL has no other place for them."""

from catalog.guard.parser import Node, after_brackets, body, parse
from catalog.guard.statements import WRITES
from catalog.guard.verdict import Code, Refused


def as_last_cte(text: str, name: str) -> str | None:
    """Return the WITH clause of a checked statement, with its rows under this last name; None when it has no rows."""
    (statement,) = parse(text)
    if statement.kind in WRITES and statement.one("returning_clause") is None:
        return None
    last = _last_cte(statement)
    if last is None:
        return f"WITH {name} AS (\n{body(text)}\n)"
    # Brackets around its columns, where it names them, and around the query.
    start = after_brackets(text, last.location or 0, 2 if last.has("aliascolnames") else 1)
    before, main = text.encode()[:start].decode(), text.encode()[start:].decode()
    return f"{before}, {name} AS (\n{body(main)}\n)"


def check_rows(statement: Node) -> None:
    """Refuse a statement that writes in a form that `as_last_cte` cannot take apart."""
    last = _last_cte(statement)
    if last is not None and (last.has("search_clause") or last.has("cycle_clause")):
        raise Refused(
            Code.CONSTRUCT,
            "A statement that writes may not end its WITH clause with SEARCH or CYCLE. Put another query last.",
            last.location,
        )


def _last_cte(statement: Node) -> Node | None:
    clause = statement.one("with_clause")
    return clause.many("ctes")[-1] if clause else None

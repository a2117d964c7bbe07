"""Rules 2 and 3: exactly one statement, of an allowed kind, and no write without leave."""

from catalog.guard.parser import Node
from catalog.guard.verdict import Code, Refused

WRITES = {"InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete", "MergeStmt": "merge"}
KINDS = {"SelectStmt": "select", **WRITES}

# ANALYZE runs the statement; SETTINGS shows settings; BUFFERS, WAL, TIMING and SERIALIZE mean nothing without ANALYZE.
EXPLAIN_OPTIONS = frozenset({"costs", "format", "summary", "verbose"})

WRITE_SENTENCE = "This statement writes. Ask for the scope mcp.write, or use SELECT."


def check_one_statement(statements: tuple[Node, ...]) -> Node:
    """Rule 2."""
    if len(statements) != 1:
        raise Refused(Code.ONE_STATEMENT, f"Send exactly one statement; this text holds {len(statements)}.")
    return statements[0]


def explained(statement: Node) -> Node:
    """The statement inside EXPLAIN, or the statement itself."""
    return (statement.one("query") or statement) if statement.kind == "ExplainStmt" else statement


def check_statement(statement: Node, *, writable: bool) -> None:
    """Rule 3."""
    inner = explained(statement)
    if inner.kind not in KINDS:
        raise Refused(
            Code.STATEMENT, "Only SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE and EXPLAIN may be sent."
        )
    for option in statement.many("options") if statement.kind == "ExplainStmt" else ():
        if option.text("defname") not in EXPLAIN_OPTIONS:
            allowed = ", ".join(sorted(EXPLAIN_OPTIONS)).upper()
            raise Refused(Code.STATEMENT, f"EXPLAIN may be sent with {allowed} only.", option.location)
    for node in inner.within():
        if node.kind in WRITES and not writable:
            raise Refused(Code.NEEDS_WRITE, WRITE_SENTENCE, node.location)
        if node.kind == "SelectStmt":
            _check_select(node, writable=writable)


def _check_select(node: Node, *, writable: bool) -> None:
    if node.has("into_clause"):
        raise Refused(Code.STATEMENT, "SELECT INTO makes a table. Leave out INTO.")
    if node.has("locking_clause") and not writable:
        raise Refused(
            Code.NEEDS_WRITE, "FOR UPDATE and FOR SHARE lock rows. Leave them out, or ask for the scope mcp.write."
        )

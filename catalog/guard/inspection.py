"""The guard: reads one SQL text and says what it does, or why it must not be sent."""

from catalog.guard.attributes import check_attributes
from catalog.guard.functions import called, check_functions, check_writing_calls
from catalog.guard.names import Names
from catalog.guard.nodes import check_nodes
from catalog.guard.operators import check_operators
from catalog.guard.parameters import check_parameters
from catalog.guard.parser import Node, SyntaxFault, TooLarge, parse
from catalog.guard.relations import check_relations
from catalog.guard.rows import check_rows
from catalog.guard.scope import Scope
from catalog.guard.statements import KINDS, WRITES, check_one_statement, check_statement, explained
from catalog.guard.types import check_types
from catalog.guard.uses import Uses
from catalog.guard.verdict import Checked, Code, Refusal, Refused
from catalog.guard.walk import Walk


def inspect(text: str, names: Names, *, writable: bool, parameters: int = 0) -> Checked | Refusal:
    """Apply the ten rules in order. `writable`: the call holds mcp.write and the catalog takes writes."""
    try:
        return _inspect(text, names, writable=writable, parameters=parameters)
    except Refused as refused:
        return Refusal(refused.code, refused.sentence, _position(text, refused.location))
    except TooLarge as fault:
        return Refusal(Code.TOO_LARGE, f"The SQL cannot be checked: {fault.why}. Send a smaller statement.")
    except SyntaxFault as fault:
        return Refusal(Code.SYNTAX, f"The SQL cannot be read: {fault.why}.", fault.position)


def _inspect(text: str, names: Names, *, writable: bool, parameters: int) -> Checked:
    statement = check_one_statement(parse(text))  # rules 1 and 2
    check_statement(statement, writable=writable)  # 3
    count = check_nodes(statement)  # 4
    explain = statement.kind == "ExplainStmt"
    uses = _uses(statement, names, count)
    check_functions(uses, names, writable=writable)  # 5 and 7
    check_relations(uses, names, explain=explain)  # 6 and 7
    check_attributes(uses, names, writable=writable)  # 8
    check_types(uses, names)  # 9
    check_operators(uses, names)  # 9
    check_parameters(uses, parameters)  # 10
    return _checked(statement, uses, names)


def _uses(statement: Node, names: Names, count: int) -> Uses:
    walk = Walk(names)
    walk.statement(statement, Scope())
    if walk.seen != count:  # a node that the walk did not meet was not checked
        raise Refused(Code.CONSTRUCT, "This form is not supported here. Write the statement in a simpler way.")
    return walk.uses


def _checked(statement: Node, uses: Uses, names: Names) -> Checked:
    explain = statement.kind == "ExplainStmt"
    calls = called(uses, names)
    changes = any(node.kind in WRITES or node.has("locking_clause") for node in statement.within())
    calls_writer = any(overload.writes for call in calls for overload in names.functions[call])
    writes = (changes or calls_writer) and not explain
    if writes:
        check_writing_calls(calls, names)  # 5
        check_rows(statement)
    return Checked(
        kind=KINDS[explained(statement).kind],
        explain=explain,
        writes=writes,
        reads=frozenset(use.name for use in uses.relations if use.name and use.read),
        written=frozenset(use.name for use in uses.relations if use.name and use.modified),
        calls=calls,
    )


def _position(text: str, location: int | None) -> int | None:
    """Characters from 1, out of bytes from 0."""
    return None if location is None else len(text.encode()[:location].decode(errors="ignore")) + 1

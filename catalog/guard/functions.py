"""Rule 5: a call is allowed when every function that it may reach is; everything else is denied."""

from catalog.guard import owner_rights, resolution, types
from catalog.guard.lists import REVIEWED_FUNCTIONS
from catalog.guard.names import SYSTEM, Held, Name, Names, Overload
from catalog.guard.uses import Use, Uses
from catalog.guard.verdict import Code, Refused

TIMES = ("TIME", "TIMESTAMP")
DATES_AND_TIMES = frozenset(
    ["SVFOP_CURRENT_DATE"]
    + [
        f"SVFOP_{where}{time}{precision}"
        for where in ("CURRENT_", "LOCAL")
        for time in TIMES
        for precision in ("", "_N")
    ]
)


def check_functions(uses: Uses, names: Names, *, writable: bool) -> None:
    """Rule 5, and rule 7 for functions."""
    for value in uses.values:
        if value.parts[0] not in DATES_AND_TIMES:
            raise Refused(
                Code.FUNCTION, "Names of roles and databases are not shown here. Leave it out.", value.location
            )
    for call in uses.functions:
        check_call(call, names, writable=writable)
    for keyword in uses.keywords:
        if names.on_path(keyword.parts[0], names.functions):
            check_call(keyword, names, writable=writable)


def check_call(call: Use, names: Names, *, writable: bool) -> None:
    """Refuse unless every function behind the name is reviewed, or granted in all its overloads."""
    candidates = resolution.functions(names, call.parts, REVIEWED_FUNCTIONS)
    if not candidates:
        raise _unknown(call)
    for candidate in candidates:
        _check_candidate(candidate, call, names, writable=writable, alone=len(candidates) == 1)
    # f(x) is a cast when no function f takes an x and there is a type f.
    if call.one_argument and types.is_foreign(call.parts, names):
        raise _unknown(call)


def _check_candidate(function: Name, call: Use, names: Names, *, writable: bool, alone: bool) -> None:
    if function[0] == SYSTEM:
        if function[1] not in REVIEWED_FUNCTIONS:
            raise _unknown(call)
        return
    overloads = names.functions.get(function, ())
    if overloads and all(each.is_reviewed for each in overloads):
        return
    visible = function[0] in names.usable and overloads and all(each.execute != Held.NO for each in overloads)
    if not visible:
        raise _unknown(call) if alone else _ambiguous(call)
    if not all(_may_execute(each) for each in overloads):
        sentence = f"{call.parts[-1]} runs as its owner. Ask for EXECUTE on this function by name."
        raise Refused(Code.RUNS_AS_OWNER, sentence, call.location)
    if any(each.writes for each in overloads) and not writable:
        raise Refused(Code.NEEDS_WRITE, f"{call.parts[-1]} writes. Ask for the scope mcp.write.", call.location)


def _may_execute(overload: Overload) -> bool:
    return owner_rights.suffices(overload.execute, runs_as_owner=overload.runs_as_owner)


def _unknown(call: Use) -> Refused:
    sentence = (
        f"There is no function {'.'.join(call.parts)} that you may call in SQL. See the functions listed as tools."
    )
    return Refused(Code.FUNCTION, sentence, call.location)


def _ambiguous(call: Use) -> Refused:
    sentence = f"{call.parts[-1]} can mean more than one function. Write its schema: schema.{call.parts[-1]}(...)."
    return Refused(Code.FUNCTION, sentence, call.location)


def called(uses: Uses, names: Names) -> frozenset[Name]:
    """The functions outside pg_catalog that an accepted statement may call."""
    calls = [use.parts for use in [*uses.functions, *uses.keywords]]
    calls += [(use.name,) for use in uses.fields if not use.certain]
    reached = (function for parts in calls for function in resolution.functions(names, parts, REVIEWED_FUNCTIONS))
    return frozenset(function for function in reached if function in names.functions)


def check_writing_calls(calls: frozenset[Name], names: Names) -> None:
    """In a transaction that may write, a volatile function could write too: only one that an admin marked may run."""
    for function in sorted(calls):
        if any(each.is_volatile and not each.writes for each in names.functions[function]):
            sentence = f"{function[1]} may write, and it is not marked as writing. An account admin can mark it."
            raise Refused(Code.FUNCTION, f"{sentence} Or leave it out of a statement that writes.")

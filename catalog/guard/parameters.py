"""Rule 10: $n only where the tool binds a value to it."""

from catalog.guard.uses import Uses
from catalog.guard.verdict import Code, Refused


def check_parameters(uses: Uses, parameters: int) -> None:
    """Rule 10."""
    for number, location in uses.parameters:
        if not 1 <= number <= parameters:
            given = f"{parameters} were given" if parameters else "none are given here"
            raise Refused(Code.PARAMETER, f"There is no value for ${number}; {given}.", location)

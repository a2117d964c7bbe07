"""Rule 8: `x.f` and `(x).f` call the function f unless f is a column. So it must be one, or f must be allowed."""

from catalog.guard import functions
from catalog.guard.names import Names
from catalog.guard.uses import FieldUse, Use, Uses
from catalog.guard.verdict import Code, Refused


def check_attributes(uses: Uses, names: Names, *, writable: bool) -> None:
    """Rule 8."""
    for use in uses.fields:
        if use.certain and not _could_be_a_call(use.name, names):
            continue
        try:
            functions.check_call(Use((use.name,), use.location, one_argument=True), names, writable=writable)
        except Refused as refused:
            raise refused if refused.code != Code.FUNCTION else _unknown(use) from None


def _could_be_a_call(name: str, names: Names) -> bool:
    """A column of this name may have gone since the last refresh; a function over rows would take its place."""
    overloads = (overload for schema in names.search_path for overload in names.functions.get((schema, name), ()))
    return any(overload.takes_row for overload in overloads)


def _unknown(use: FieldUse) -> Refused:
    sentence = f"{use.name} is no column here. Write alias.column, with a table, view or subquery of this statement."
    return Refused(Code.COLUMN, sentence, use.location)

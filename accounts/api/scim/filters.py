"""RFC 7644 3.4.2.2, the part that is supported: eq ne co sw, joined by and/or, without brackets."""

import json
import re
from collections.abc import Mapping

from django.db.models import Q

from accounts.api.scim.errors import ScimRefused

LONGEST = 2000

_TERM = re.compile(r'\s*([A-Za-z.]{1,40})\s+(eq|ne|co|sw)\s+("(?:[^"\\]|\\.)*"|true|false|[0-9]{1,18})\s*', re.I)
_JOIN = re.compile(r"(and|or)(?=\s)", re.I)
_LOOKUPS = {"eq": "iexact", "ne": "iexact", "co": "icontains", "sw": "istartswith"}


def parse(text: str, columns: Mapping[str, str]) -> Q:
    """Return the condition of a filter. `and` binds closer than `or`."""
    if len(text) > LONGEST:
        raise _refused(f"it is longer than {LONGEST} characters")
    alternatives, position = [Q()], 0
    while True:
        term = _TERM.match(text, position)
        if term is None:
            raise _refused(f"not understood from character {position + 1} on")
        alternatives[-1] &= _condition(term[1], term[2].lower(), term[3], columns)
        if term.end() == len(text):
            break
        join = _JOIN.match(text, term.end())
        if join is None:
            raise _refused(f"not understood from character {term.end() + 1} on")
        if join[1].lower() == "or":
            alternatives.append(Q())
        position = join.end()
    condition = alternatives[0]
    for alternative in alternatives[1:]:
        condition |= alternative
    return condition


def _condition(attribute: str, operator: str, literal: str, columns: Mapping[str, str]) -> Q:
    column = columns.get(attribute.lower())
    if column is None:
        raise _refused(f"there is no attribute {attribute!r} to filter on")
    value = _value(literal)
    if column == "is_active":
        condition = Q(is_active=_boolean(operator, value))
    else:
        condition = Q(**{f"{column}__{_LOOKUPS[operator]}": value})
    # A column without a value is not equal to anything (RFC 7644 3.4.2.2), and SQL's NULL must not hide the row.
    return ~condition if operator == "ne" else condition


def _value(literal: str) -> str:
    if not literal.startswith('"'):
        return literal.lower()
    try:
        value = str(json.loads(literal))
    except ValueError:
        raise _refused(f"{literal} is no JSON string") from None
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise _refused("a value holds a character that cannot be stored")
    return value


def _boolean(operator: str, value: str) -> bool:
    if operator not in {"eq", "ne"} or value.lower() not in {"true", "false"}:
        raise _refused("active goes with eq or ne, and with true or false")
    return value.lower() == "true"


def _refused(why: str) -> ScimRefused:
    return ScimRefused(
        "invalidFilter", f'The filter cannot be used: {why}. Write for example: userName eq "a@example.com".'
    )

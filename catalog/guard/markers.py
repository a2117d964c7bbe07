"""`:name` in a statement, as other dialects have it, becomes `$1`: read by the tokens of the server's own scanner.

What comes out is judged by the guard like any other text, so nothing here decides what may be sent.
"""

from collections.abc import Mapping, Sequence

from catalog.guard import parser


class WrongMarkers(Exception):
    """The statement and its named values do not fit together. The text says how."""


def numbered(text: str, casts: Mapping[str, str]) -> tuple[str, Sequence[str]]:
    """Return the text with `$1`, `$2` ... in place of `:name`, and the names in that order.

    `casts` has the names that have a value, each with the type to which it is cast, which is empty where the place
    decides. Raise WrongMarkers for `$n` beside names and for a name without a marker, Unparsed for what is no SQL.
    """
    if not casts:
        return text, ()
    found, has_numbers = parser.colons(text)
    if has_numbers:
        raise WrongMarkers("Write :name for each value, and not $1.")
    markers = [(start, end, name) for start, end, name in found if name in casts]
    names = list(dict.fromkeys(name for _, _, name in markers))
    if unused := sorted(set(casts) - set(names)):
        raise WrongMarkers(f"The statement has no {' and no '.join(f':{name}' for name in unused)}.")
    raw, parts, at = text.encode(), [], 0
    for start, end, name in markers:
        parts += [raw[at:start].decode(), _place(names.index(name) + 1, casts[name])]
        at = end
    return "".join([*parts, raw[at:].decode()]), names


def _place(number: int, cast: str) -> str:
    """Parentheses keep it apart from what stands beside it: `1:name` is no `1$1`."""
    return f"(${number}::{cast})" if cast else f"(${number})"

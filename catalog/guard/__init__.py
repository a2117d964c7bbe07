"""The SQL guard: pure, without a database and without Django. Its rules are those of `README.md` in this folder."""

from catalog.guard.inspection import inspect
from catalog.guard.markers import WrongMarkers, numbered
from catalog.guard.names import Held, Names, Overload, Relation
from catalog.guard.parser import GRAMMAR, Unparsed, body
from catalog.guard.rows import as_last_cte
from catalog.guard.verdict import Checked, Code, Refusal

__all__ = [
    "GRAMMAR",
    "Checked",
    "Code",
    "Held",
    "Names",
    "Overload",
    "Refusal",
    "Relation",
    "Unparsed",
    "WrongMarkers",
    "as_last_cte",
    "body",
    "inspect",
    "numbered",
]

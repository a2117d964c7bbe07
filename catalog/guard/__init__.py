"""The SQL guard: pure, without a database and without Django. Its rules are those of `README.md` in this folder."""

from catalog.guard.inspection import inspect
from catalog.guard.names import Held, Names, Overload, Relation
from catalog.guard.parser import GRAMMAR, body
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
    "as_last_cte",
    "body",
    "inspect",
]

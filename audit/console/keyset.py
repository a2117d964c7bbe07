"""Keyset paging for lists in the order newest first. A position is the time and key of a row, kept in the URL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

T = TypeVar("T")
M = TypeVar("M", bound=Model)
Direction = Literal["older", "newer"]


class Position(NamedTuple):
    """Between two rows: rows of the page lie on one side of it."""

    at: datetime
    key: Any

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.key}"

    @classmethod
    def parse(cls, text: str, key: Callable[[str], Any]) -> "Position | None":
        """Return the position, or None for text that is none."""
        at, _, rest = text.replace("\0", "").partition("~")
        try:
            position = cls(datetime.fromisoformat(at), key(rest))
        except ValueError:
            return None
        return position if position.at.tzinfo else None


class Cut(NamedTuple):
    """What to fetch: so many rows from a position on, in one direction."""

    position: Position | None
    direction: Direction
    limit: int

    def apply(self, rows: "QuerySet[M]", at: str, key: str) -> list[M]:
        """Return the rows of a queryset, nearest to the position first."""
        sign, compare = ("-", "lt") if self.direction == "older" else ("", "gt")
        if self.position:
            beyond = Q(**{f"{at}__{compare}": self.position.at})
            beside = Q(**{at: self.position.at, f"{key}__{compare}": self.position.key})
            rows = rows.filter(beyond | beside)
        return list(rows.order_by(f"{sign}{at}", f"{sign}{key}")[: self.limit])


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page, newest first, and the addresses of its neighbours."""

    rows: Sequence[T]
    newer_url: str
    older_url: str


def paginate(
    request: HttpRequest,
    fetch: Callable[[Cut], list[T]],
    position_of: Callable[[T], Position],
    *,
    key: Callable[[str], Any] = str,
    size: int = 25,
) -> Page[T]:
    """Return the page that the URL names. One row more than shown tells whether another page follows."""
    direction: Direction = "newer" if "newer" in request.GET else "older"
    position = Position.parse(request.GET.get(direction, ""), key)
    rows = fetch(Cut(position, direction, size + 1))
    more, rows = len(rows) > size, rows[:size]
    if direction == "newer":
        rows.reverse()
    has_newer = more if direction == "newer" else position is not None
    has_older = more if direction == "older" else position is not None
    return Page(
        rows=rows,
        newer_url=_link(request, "newer", position_of(rows[0])) if rows and has_newer else "",
        older_url=_link(request, "older", position_of(rows[-1])) if rows and has_older else "",
    )


def _link(request: HttpRequest, direction: Direction, position: Position) -> str:
    query: Any = request.GET.copy()
    query.pop("newer", None)
    query.pop("older", None)
    query[direction] = str(position)
    return f"{request.path}?{query.urlencode()}"

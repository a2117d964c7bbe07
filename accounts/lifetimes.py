"""What tokens and secrets have in common: a bounded life, known scopes, an allow-list of addresses."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from accounts.errors import Invalid
from accounts.networks import parse_range
from accounts.scopes import Scope, known

LONGEST = 63_072_000  # seconds: 730 days, and the default
MOST_RANGES = 100


def expiry(lifetime_seconds: int | None, now: datetime, *, field: str = "lifetime_seconds") -> datetime:
    """Return when it ends. Nothing lives for ever."""
    seconds = LONGEST if lifetime_seconds is None else lifetime_seconds
    if not 1 <= seconds <= LONGEST:
        raise Invalid({field: [f"{seconds} is no lifetime. Send 1 to {LONGEST} seconds (730 days)."]})
    return now + timedelta(seconds=seconds)


def known_scopes(names: Iterable[str], *, field: str = "scopes") -> list[str]:
    """Return the scopes without aliases and repetitions, in the order given; nothing given is all-apis."""
    scopes: dict[str, None] = {}
    for name in names:
        scope = known(name)
        if scope is None:
            raise Invalid({field: [f"There is no scope {name!r}. Choose from: {', '.join(Scope)}."]})
        scopes[scope.value] = None
    return list(scopes) or [Scope.ALL_APIS.value]


def checked_ranges(ranges: Sequence[str], *, field: str = "ip_addresses") -> list[str]:
    """Return the ranges as they were sent, after each was understood."""
    if len(ranges) > MOST_RANGES:
        raise Invalid({field: [f"{len(ranges)} ranges are too many. Send at most {MOST_RANGES}."]})
    for text in ranges:
        parse_range(text, field=field)
    return list(ranges)

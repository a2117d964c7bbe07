"""RFC 6585 4: request budgets. Token buckets in this process, bounded in memory."""

import time
from collections import OrderedDict
from collections.abc import Hashable

MAX_KEYS = 50_000


class Budgets:
    """One bucket a key: it holds `per_minute` requests and fills up evenly."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._spent: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._max_keys = max_keys

    def wait(self, key: Hashable, per_minute: int, now: float | None = None) -> float:
        """Return 0, or the seconds until the next request fits."""
        spent, _ = self._now(key, per_minute, now)
        return max(0.0, spent + 1 - per_minute) * 60 / per_minute

    def spend(self, key: Hashable, per_minute: int, now: float | None = None) -> None:
        """Count one request."""
        spent, at = self._now(key, per_minute, now)
        self._spent[key] = (spent + 1, at)
        self._spent.move_to_end(key)
        if len(self._spent) > self._max_keys:
            self._spent.popitem(last=False)  # the one that was quiet for longest, so the fullest bucket

    def clear(self) -> None:
        """Forget what was spent."""
        self._spent.clear()

    def _now(self, key: Hashable, per_minute: int, now: float | None) -> tuple[float, float]:
        at = time.monotonic() if now is None else now
        spent, since = self._spent.get(key, (0.0, at))
        return max(0.0, spent - (at - since) * per_minute / 60), at

"""Large computations beside the event loop: other calls are answered while thousands of objects are made."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
MANY: Final = 200  # objects; fewer are made before a thread would have woken up


async def made(build: Callable[[], T], size: int) -> T:
    """Return what the function builds. It works on about `size` objects and touches nothing that others change."""
    return build() if size < MANY else await asyncio.to_thread(build)

"""Whether what this process remembers is still true: one LISTEN connection, a generation, and a cache that obeys both.

Statement triggers (accounts.change_notices) send a notice at the commit of every change that matters. A notice makes
the generation grow, and nothing remembered under an older generation is used again. While the connection is down, or
has not answered for a moment, nothing is fresh and callers read the database.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Final, Generic, TypeVar

from psycopg import AsyncConnection

from accounts.change_notices import CHANNEL
from audit import control_database, event_loop

logger = logging.getLogger(__name__)
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

# Seconds. A change is felt within _PROOF even when the connection dies without a word.
_PULSE: Final = 0.3
_PROOF: Final = 0.9
_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 2.0
_LIFETIME: Final = 5.0


class _Channel:
    """What the listener knows. Read from every thread, written on the owning loop only."""

    generation = 0
    fresh_until = 0.0  # on the monotonic clock
    callbacks: Final[list[Callable[[], object]]] = []


def generation() -> int:
    """Return a number that grows with each notice. Read it before reading what will be put into a FreshCache."""
    return _Channel.generation


def is_fresh() -> bool:
    """Tell whether notices arrive. The first call in a process begins to listen."""
    if time.monotonic() < _Channel.fresh_until:
        return True
    event_loop.owner().call_soon_threadsafe(_listener.get)
    return False


def on_change(callback: Callable[[], object]) -> None:
    """Call the function on the owning loop after each notice. It must be quick and must not wait."""
    _Channel.callbacks.append(callback)


class _Read(Generic[Value]):
    """A read of the database that runs now, and the one after it that those who came too late for it wait for."""

    def __init__(self, generation: int, task: "asyncio.Task[Value]") -> None:
        self.generation = generation
        self.task = task
        self._next: asyncio.Task[Value] | None = None
        task.add_done_callback(_retrieve)

    def is_over(self) -> bool:
        """Tell whether it has ended, or belongs to a loop that is gone."""
        return self.task.done() or self.task.get_loop() is not asyncio.get_running_loop()

    def next(self, begin: Callable[[], "asyncio.Future[Value]"]) -> "asyncio.Task[Value]":
        """Return the read that begins when this one has ended."""
        if self._next is None:
            self._next = asyncio.create_task(self._follow(begin))
            self._next.add_done_callback(_retrieve)
        return self._next

    async def _follow(self, begin: Callable[[], "asyncio.Future[Value]"]) -> Value:
        await asyncio.wait([self.task])
        return await begin()


def _retrieve(task: "asyncio.Task[Any]") -> None:
    """Whoever asked has been told, if they still wait: asyncio need not complain."""
    if not task.cancelled():
        task.exception()


class FreshCache(Generic[Key, Value]):
    """A bounded memory of what was read from the database, never older than the last notice or five seconds."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._generation = 0
        self._entries: dict[Key, tuple[int, float, Value]] = {}
        self._running: dict[Key, _Read[Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return what is remembered and still true, or None."""
        entry = self._entries.get(key)
        if entry is None or not is_fresh():
            return None
        read_at, expires, value = entry
        return value if read_at == _Channel.generation and time.monotonic() < expires else None

    def put(self, key: Key, value: Value, generation: int) -> None:
        """Remember what was read after `generation` was taken, unless something changed since then."""
        if generation != _Channel.generation or not is_fresh():
            return
        with self._lock:
            if generation != self._generation:
                self._generation = generation
                self._entries.clear()
            self._entries.pop(key, None)
            while len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]  # the oldest
            self._entries[key] = (generation, time.monotonic() + _LIFETIME, value)

    async def read(self, key: Key, load: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return what is remembered, or load it, on the owning loop. However many ask at one time, few reads are made.

        While notices arrive, a read that began after the last one is joined. While they do not, only a read that
        begins after this question is good enough: it is shared by all who asked during the one before.
        """
        known = self.get(key)
        if known is not None:
            return known
        running = self._running.get(key)
        if running is None or running.is_over():
            return await self._begin(key, load)
        if is_fresh() and running.generation == generation():
            return await asyncio.shield(running.task)
        return await asyncio.shield(running.next(lambda: self._begin(key, load)))

    def _begin(self, key: Key, load: Callable[[], Coroutine[Any, Any, Value]]) -> "asyncio.Future[Value]":
        began = generation()

        async def run() -> Value:
            try:
                value = await load()
            finally:
                if self._running.get(key) is read:
                    del self._running[key]
            self.put(key, value, began)
            return value

        read = self._running[key] = _Read(began, asyncio.create_task(run()))
        return asyncio.shield(read.task)  # whoever asked first may go away

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()


class _Listener:
    """Listens for as long as the loop lives and connects again, with growing pauses, when it must."""

    def __init__(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="change-listener")

    async def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            started = time.monotonic()
            try:
                await _listen()
            except Exception as error:  # whatever it is, a callback's fault too: listen again
                logger.warning("change notices are interrupted: %s", type(error).__name__)
            finally:
                _Channel.fresh_until = 0.0
            if time.monotonic() - started > _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


async def _listen() -> None:
    connection = await control_database.connect("gatepost changes")
    try:
        await connection.execute(f"LISTEN {CHANNEL}")
        _changed()  # notices may have been missed before
        while True:
            await _prove(connection)
            async for _ in connection.notifies(timeout=_PULSE):
                _changed()
    finally:
        _Channel.fresh_until = 0.0
        await connection.close()


async def _prove(connection: AsyncConnection) -> None:
    """Make a round trip. What is proven is the moment before it, not the moment of the answer."""
    asked = time.monotonic()
    await control_database.limited(connection.execute("SELECT 1"), _PROOF, connection.close)
    _Channel.fresh_until = asked + _PROOF


def _changed() -> None:
    _Channel.generation += 1
    for callback in _Channel.callbacks:
        callback()


_listener = event_loop.Owned(_Listener, _Listener.close)

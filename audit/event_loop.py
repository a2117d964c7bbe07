"""The one event loop of a process that owns database pools, the audit writer and the change listener.

An ASGI process lends its own loop with `adopt`. Any other process (WSGI, commands, Celery, tests) gets a loop on a
daemon thread at first use. Code on other loops and in plain threads comes here with `on_owner` and `run`.
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Owned(Generic[T]):
    """A thing that lives on the owning loop: made at its first use there, closed with the loop."""

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        self._make = make
        self._close = close

    def get(self) -> T:
        """Return the thing of this process."""
        owned = _current()
        if not _is_running(owned.loop):
            raise RuntimeError("This belongs to the owning loop. Come with event_loop.on_owner or event_loop.run.")
        if self not in owned.things:
            owned.things[self] = self._make()
        thing: T = owned.things[self]
        return thing

    async def close(self, thing: T) -> None:
        """Close what `get` made."""
        await self._close(thing)


class _Owner:
    def __init__(self, loop: asyncio.AbstractEventLoop, thread: threading.Thread | None = None) -> None:
        self.loop = loop
        self.thread = thread
        self.things: dict[Owned[Any], Any] = {}


_owner: _Owner | None = None
_lock = threading.Lock()


def owner() -> asyncio.AbstractEventLoop:
    """Return the owning loop, started on a daemon thread when none was adopted."""
    return _current().loop


def adopt(loop: asyncio.AbstractEventLoop) -> None:
    """Make the server's own loop the owning one. Call it when the server starts, before the first request."""
    global _owner
    with _lock:
        if _owner is not None and _owner.loop is not loop:
            raise RuntimeError("Another loop owns the pools already. Adopt the server's loop before its first use.")
        _owner = _owner or _Owner(loop)


async def on_owner(work: Coroutine[Any, Any, T]) -> T:
    """Await the work on the owning loop, whichever loop the caller runs on."""
    loop = owner()
    if _is_running(loop):
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def run(work: Coroutine[Any, Any, T], timeout: float = 30.0) -> T:
    """Run the work on the owning loop from synchronous code. `timeout` is in seconds."""
    loop = owner()
    if _is_running(loop):
        work.close()
        raise RuntimeError("This thread runs the owning loop: await instead of event_loop.run.")
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result(timeout)
    except TimeoutError:
        future.cancel()
        raise


async def aclose() -> None:
    """Close everything that lives on the owning loop and give the loop up. For the end of an ASGI process."""
    global _owner
    owned = _current()
    if not _is_running(owned.loop):
        raise RuntimeError("Only code on the owning loop can close it in this way. Use event_loop.close.")
    while owned.things:  # the last made first; what closing makes is closed too
        key, thing = owned.things.popitem()
        await key.close(thing)
    _owner = None


def close() -> None:
    """Close everything and end the daemon thread. Safe to repeat; a later use starts anew."""
    owned = _owner
    if owned is None or owned.loop.is_closed():
        return
    run(aclose())
    if owned.thread is not None:
        owned.loop.call_soon_threadsafe(owned.loop.stop)
        owned.thread.join()
        owned.loop.close()


def _current() -> _Owner:
    global _owner
    if _owner is None:
        with _lock:
            if _owner is None:
                _owner = _on_a_thread()
    return _owner


def _on_a_thread() -> _Owner:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gatepost-loop", daemon=True)
    thread.start()
    return _Owner(loop, thread)


def _is_running(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _forget() -> None:
    """Start anew in a forked child: the parent's thread and its connections are not there."""
    global _owner, _lock
    _owner, _lock = None, threading.Lock()


def _close_daemon() -> None:
    if _owner is not None and _owner.thread is not None:
        close()


os.register_at_fork(after_in_child=_forget)
atexit.register(_close_daemon)

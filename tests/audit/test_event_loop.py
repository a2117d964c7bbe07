"""audit.event_loop"""

import asyncio
import multiprocessing
import threading

import pytest

from audit import event_loop


@pytest.fixture(autouse=True)
def _own_loop():
    event_loop.close()
    yield
    event_loop.close()


async def _thread():
    return threading.current_thread().name


def test_without_a_server_a_daemon_thread_owns_the_loop():
    assert event_loop.run(_thread()) == "gatepost-loop"


async def test_work_from_another_loop_is_done_on_the_owning_one():
    assert await event_loop.on_owner(_thread()) == "gatepost-loop"


async def test_a_server_lends_its_own_loop():
    event_loop.adopt(asyncio.get_running_loop())
    assert event_loop.owner() is asyncio.get_running_loop()
    assert await event_loop.on_owner(_thread()) == "MainThread"
    assert await asyncio.to_thread(event_loop.run, _thread()) == "MainThread"
    await event_loop.aclose()


async def test_a_second_owner_is_refused():
    event_loop.owner()
    with pytest.raises(RuntimeError):
        event_loop.adopt(asyncio.get_running_loop())


async def test_waiting_for_the_own_loop_is_refused():
    event_loop.adopt(asyncio.get_running_loop())
    with pytest.raises(RuntimeError):
        event_loop.run(_thread())
    await event_loop.aclose()


def test_a_time_limit_ends_the_work():
    was_cancelled = threading.Event()

    async def long():
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()

    with pytest.raises(TimeoutError):
        event_loop.run(long(), timeout=0.01)
    assert was_cancelled.wait(5)


def test_things_are_made_once_and_closed_in_reverse_order():
    log = []

    def thing(name):
        async def close(made):
            log.append(f"close {made}")

        def make():
            log.append(f"make {name}")
            return name

        return event_loop.Owned(make, close)

    first, second = thing("first"), thing("second")

    async def use():
        return first.get(), second.get(), first.get()

    assert event_loop.run(use()) == ("first", "second", "first")
    event_loop.close()
    assert log == ["make first", "make second", "close second", "close first"]


def test_what_closing_makes_is_closed_too():
    log = []

    async def close_late(made):
        log.append("late")

    async def close_early(made):
        late.get()
        log.append("early")

    late, early = event_loop.Owned(object, close_late), event_loop.Owned(object, close_early)

    async def use():
        early.get()

    event_loop.run(use())
    event_loop.close()
    assert log == ["early", "late"]


def test_a_thing_is_not_for_other_threads():
    async def close(made):
        pass

    with pytest.raises(RuntimeError):
        event_loop.Owned(object, close).get()


def _name_in_child(queue):
    queue.put(event_loop.run(_thread(), timeout=5))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_starts_a_loop_of_its_own():
    event_loop.run(_thread())
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_name_in_child, args=(queue,))
    child.start()
    assert queue.get() == "gatepost-loop"
    child.join(5)
    assert child.exitcode == 0

"""Waiting for a condition, with a limit."""

import threading
import time


def until(condition, limit=5.0):
    """Return how long it took, in seconds, until the condition held."""
    started = time.monotonic()
    tick = threading.Event()
    while not condition():
        waited = time.monotonic() - started
        assert waited < limit, f"not within {limit} s"
        tick.wait(0.002)
    return time.monotonic() - started

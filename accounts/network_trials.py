"""A change of network lists on trial: undone after ten minutes unless it is confirmed from where the new lists admit.

A trial is a job of the outbox that waits for its time, so it survives a restart. accounts.tasks does the undoing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from jobs import outbox

UNDO: Final = "accounts.undo_network_trial"
LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Trial:
    """What is undone when nobody confirms. `before` is None for a list that is new: it goes."""

    list_id: str
    before: Mapping[str, Any] | None
    tried: Mapping[str, Any]  # a list that somebody has changed since then stays as it is
    ends_at: datetime


def begin(surface: str, list_id: str, before: Mapping[str, Any] | None, tried: Mapping[str, Any]) -> None:
    """Start a trial, in the transaction of the change."""
    arguments = {"list_id": list_id, "before": before, "tried": tried}
    outbox.enqueue(UNDO, subject=surface, arguments=arguments, not_before=timezone.now() + LASTS)


def running(surface: str) -> Trial | None:
    """Return the trial of the lists of a surface."""
    job = outbox.waiting(UNDO, surface)
    return None if job is None else Trial(**job.arguments, ends_at=job.not_before)


def end(surface: str) -> None:
    """End the trial, in the transaction of what is done instead of the undoing."""
    outbox.cancel(UNDO, surface)

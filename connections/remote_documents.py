"""oauth.md 7: documents that clients publish, fetched, kept as their hosts say, and left alone for a while when they fail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.utils import timezone

from accounts import secrets
from audit import event_loop
from connections.document_fetch import SECONDS, Fetcher, Problem
from connections.models import FailedDocument

_KEPT: Final = (timedelta(minutes=5), timedelta(hours=24))
_BACK_OFF: Final = timedelta(seconds=60)
Read = TypeVar("Read")

fetcher = Fetcher()


def check(url: str) -> None:
    """Raise Problem when the document failed a moment ago: it is not asked for again yet."""
    failed = FailedDocument.objects.filter(url_digest=secrets.digest(url), retry_at__gt=timezone.now()).first()
    if failed is not None:
        raise Problem("document_failed_before", failed.problem)


def fetch(url: str, read: Callable[[dict[str, Any]], Read]) -> tuple[Read, datetime]:
    """Return what `read` makes of the document, and until when it is good, or raise Problem and remember it."""
    try:
        fetched = event_loop.run(fetcher.fetch(url), timeout=2 * SECONDS)
        found = read(fetched.document)
    except Problem as problem:
        FailedDocument.objects.update_or_create(
            url_digest=secrets.digest(url),
            defaults={"problem": problem.description, "retry_at": timezone.now() + _BACK_OFF},
        )
        raise
    FailedDocument.objects.filter(url_digest=secrets.digest(url)).delete()
    shortest, longest = _KEPT
    return found, timezone.now() + min(max(timedelta(seconds=fetched.max_age), shortest), longest)

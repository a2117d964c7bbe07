"""oauth.md 8: ten failures a minute for a client at an address, then one request a second; so many successes a client.

Failures are counted in the transaction of their record, successes after it: nobody waits for anybody else's commit.
"""

import math
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts import secrets
from accounts.compiled import Compiled, Parameter
from connections.models import TokenRequests
from connections.oauth import assertion, attempt, clients

_WINDOW: Final = timedelta(minutes=1)
_PAUSE: Final = timedelta(seconds=1)
_PARTS: Final = 100
_UPSERT: Final = """
    INSERT INTO connections_tokenrequests AS past (digest, since, last_at, count) VALUES (%(digest)s, now(), now(), %(number)s)
    ON CONFLICT (digest) DO UPDATE SET
        count = excluded.count + CASE WHEN past.since <= now() - make_interval(secs => %(seconds)s) THEN 0 ELSE past.count END,
        since = CASE WHEN past.since <= now() - make_interval(secs => %(seconds)s) THEN now() ELSE past.since END,
        last_at = now()
"""
_COUNTED: Final = Compiled(
    TokenRequests.objects.filter(
        Q(digest=Parameter("failures")) | Q(digest=Parameter("successes")), since__gt=Parameter("begin")
    )
)

_unwritten: Final[dict[bytes, int]] = {}  # successes of this process by the client's digest


def wait(request: HttpRequest, *, and_successes: bool) -> int:
    """Return for how many seconds this client is not heard; 0 where it is."""
    now, seconds, failures = timezone.now(), 0, _failures(request)
    successes = _successes(request) if and_successes else failures
    for row in _COUNTED.all(failures=failures, successes=successes, begin=now - _WINDOW):
        if bytes(row.digest) == failures:
            is_over = row.count >= settings.GATEPOST_TOKEN_FAILURES_PER_MINUTE and row.last_at > now - _PAUSE
            ends = row.last_at + _PAUSE
        else:
            is_over = row.count >= settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE
            ends = row.since + _WINDOW
        if is_over:
            seconds = max(seconds, math.ceil((ends - now).total_seconds()))
    return seconds


def count_failure(request: HttpRequest) -> None:
    """Count one failure of the client at the address."""
    _count(_failures(request), 1)


def count_success(request: HttpRequest) -> None:
    """Count one success of the client, wherever it is. A process writes once for each hundredth of the limit."""
    digest = _successes(request)
    unwritten = _unwritten.pop(digest, 0) + 1
    if unwritten * _PARTS < settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE:
        _unwritten[digest] = unwritten
    else:
        _count(digest, unwritten)


def _count(digest: bytes, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, {"digest": digest, "number": number, "seconds": _WINDOW.total_seconds()})


def _failures(request: HttpRequest) -> bytes:
    return secrets.digest(f"{_claimed_id(request)}\n{attempt.at(request).address}")


def _successes(request: HttpRequest) -> bytes:
    return secrets.digest(f"{_claimed_id(request)}\nsuccesses")


def _claimed_id(request: HttpRequest) -> str:
    return (
        clients.claimed_id(request.META.get("HTTP_AUTHORIZATION", ""))
        or request.POST.get("client_id")
        or assertion.claimed_id(request.POST.get("client_assertion", ""))
    )

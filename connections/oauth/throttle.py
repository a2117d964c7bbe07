"""oauth.md 8: ten failures a minute for a client at an address, then one request a second; so many successes a client.

Failures are counted in the transaction of their record, successes after it: nobody waits for anybody else's commit.
"""

import math
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from accounts import secrets
from accounts.network_lists import ENFORCED_IN_WORKSPACE
from accounts.networks import NetworkPolicy
from audit import prepared
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
_STANDING: Final = f"""
    SELECT digest, since, last_at, count, NULL, NULL::text[] FROM connections_tokenrequests
    WHERE digest IN (%(failures)s, %(successes)s) AND since > %(begin)s
    UNION ALL SELECT NULL, NULL, NULL, NULL, list_type, ip_addresses FROM ({ENFORCED_IN_WORKSPACE}) AS lists
"""  # noqa: S608 - made of constants

_unwritten: Final[dict[bytes, int]] = {}  # successes of this process by the client's digest


def wait(request: HttpRequest, *, and_successes: bool) -> int:
    """Return for how many seconds this client is not heard; 0 where it is.

    The same statement reads the network lists of the workspace, for what is checked later in the attempt.
    """
    now, failures = timezone.now(), _failures(request)
    successes = _successes(request) if and_successes else failures
    rows = prepared.execute(_STANDING, {"failures": failures, "successes": successes, "begin": now - _WINDOW})
    attempt.at(request).workspace = NetworkPolicy.from_lists(row[4:] for row in rows if row[4])
    ends = [_heard_again(row, failures, now) for row in rows if not row[4]]
    return max((math.ceil((end - now).total_seconds()) for end in ends if end), default=0)


def _heard_again(row: tuple[Any, ...], failures: bytes, now: datetime) -> datetime | None:
    """Return when a client is heard again that a counter is against; None when it is not."""
    digest, since, last_at, count = row[:4]
    if bytes(digest) == failures:
        is_over = count >= settings.GATEPOST_TOKEN_FAILURES_PER_MINUTE and last_at > now - _PAUSE
        return last_at + _PAUSE if is_over else None
    return since + _WINDOW if count >= settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE else None


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
    # Whoever exchanges a token need not be a client: then each token has its own measure.
    asks = _claimed_id(request) or request.POST.get("subject_token", "")
    return secrets.digest(f"{asks}\nsuccesses")


def _claimed_id(request: HttpRequest) -> str:
    return (
        clients.claimed_id(request.META.get("HTTP_AUTHORIZATION", ""))
        or request.POST.get("client_id")
        or assertion.claimed_id(request.POST.get("client_assertion", ""))
    )

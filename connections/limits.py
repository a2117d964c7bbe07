"""oauth.md 8: how often something may come in, counted in the control database, so that all processes share it."""

import math
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Final

from django.conf import settings
from django.db import connection

from accounts.networks import Address
from audit import control_database, event_loop

_COUNT: Final = """
    INSERT INTO connections_arrivals AS past (key, since, count) VALUES (%(key)s, now(), 1)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN past.since <= now() - make_interval(secs => %(seconds)s) THEN 1 ELSE past.count + 1 END,
        since = CASE WHEN past.since <= now() - make_interval(secs => %(seconds)s) THEN now() ELSE past.since END
    RETURNING count, since + make_interval(secs => %(seconds)s) - now()
"""
_IPV6_SITE: Final = 64  # bits: one household or company has them all


class TooMany(Exception):
    """The limit is reached. `is_first` tells whether this is the refusal that is worth an audit record."""

    def __init__(self, retry_after: int, *, is_first: bool) -> None:
        self.retry_after = retry_after  # seconds
        self.is_first = is_first
        super().__init__(f"Too many requests. Try again in {retry_after} seconds.")


def count(key: str, *, most: int, window: timedelta) -> None:
    """Count one arrival, or raise TooMany. The window begins with the first arrival after it ended."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"key": key, "seconds": window.total_seconds()})
        counted, rest = cursor.fetchone()
    _judge(counted, rest, most)


async def count_without_django(key: str, *, most: int, window: timedelta) -> None:
    """Do the same where there is no Django connection: on the path of MCP."""
    _judge(*await event_loop.on_owner(_counted(key, window)), most)


async def _counted(key: str, window: timedelta) -> tuple[int, timedelta]:
    async with (await control_database.pool()).connection() as connection:
        cursor = await connection.execute(_COUNT, {"key": key, "seconds": window.total_seconds()})
        counted, rest = await cursor.fetchone() or (0, window)
        return counted, rest


def _judge(counted: int, rest: timedelta, most: int) -> None:
    if counted > most:
        raise TooMany(max(1, math.ceil(rest.total_seconds())), is_first=counted == most + 1)


def metadata(address: Address | None) -> dict[str, Any]:
    """Return what counts a request for any metadata document: one budget for the documents of RFC 8414 and RFC 9728."""
    most: int = settings.GATEPOST_METADATA_REQUESTS_PER_MINUTE
    return {"key": f"metadata:{place(address)}", "most": most, "window": timedelta(minutes=1)}


def place(address: Address | None) -> str:
    """Return what is counted as one address: an IPv4 address, or the site of an IPv6 address."""
    if address is None:
        return "unknown"
    return str(ip_network((address, _IPV6_SITE), strict=False)) if address.version == 6 else str(address)

"""The address of the caller, as the network access lists and the audit see it. One place for console, API and OAuth."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from accounts.networks import Address, Ranges, client_address


@lru_cache(maxsize=8)
def _ranges(texts: tuple[str, ...]) -> Ranges:
    return Ranges.of(texts, field="GATEPOST_TRUSTED_PROXIES")


def address_from(peer: str, forwarded_for: str) -> Address | None:
    """Return the caller's address from the socket peer and the X-Forwarded-For value (several joined by commas)."""
    return client_address(peer, forwarded_for, _ranges(tuple(settings.GATEPOST_TRUSTED_PROXIES)))


def address_of(request: HttpRequest) -> Address | None:
    """Return the caller's address of a Django request; None on a Unix socket."""
    return address_from(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))

"""Rungs 1 to 5a: what is decided before anybody is known. Nothing here is recorded as a call (mcp.md 2 and M1)."""

from functools import lru_cache
from ipaddress import IPv6Address
from math import ceil
from urllib.parse import urlsplit

from django.conf import settings

from connections import origin
from mcp_endpoint import paths
from mcp_endpoint.exchange import Refusal, Request, Response
from mcp_endpoint.limits import Budgets
from mcp_endpoint.server import Server

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SHARED = (("access-control-expose-headers", "WWW-Authenticate, Retry-After, X-Request-Id"), ("vary", "Origin"))
_PREFLIGHT = (
    ("access-control-allow-methods", "POST"),
    (
        "access-control-allow-headers",
        "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name",
    ),
    ("access-control-max-age", "600"),
)

strangers = Budgets()  # requests without an accepted credential, by address


def find(request: Request) -> Server:
    """Return what the URL names, for a Host and an Origin that may ask."""
    server = paths.parse(request.path)
    if server is None:  # 1
        raise Refusal(404, "There is no such MCP endpoint.", error="not_found")
    check_host(request)  # 2
    if not _may_ask(request):  # 3
        raise Refusal(403, "This Origin is not allowed. Add it to GATEPOST_ALLOWED_ORIGINS.", error="access_denied")
    return server


def check_host(request: Request) -> None:
    """Refuse a Host that is not ours: DNS rebinding. RFC 9110 15.5.20."""
    if request.headers.get("host", "").lower() not in _hosts(settings.GATEPOST_PUBLIC_URL, request.port):
        raise Refusal(421, "This Host is not served here. Check GATEPOST_PUBLIC_URL.", error="misdirected_request")


def check_limits(request: Request) -> None:
    """Refuse an address that keeps coming without a credential (5)."""
    wait = strangers.wait(_network(request), settings.GATEPOST_REQUESTS_PER_MINUTE)
    if wait > 0:
        raise Refusal(
            429, "Too many requests without a credential.", error="rate_limited", headers=(retry_after(wait),)
        )


def count_stranger(request: Request) -> None:
    """Count a request whose credential was missing or not accepted."""
    strangers.spend(_network(request), settings.GATEPOST_REQUESTS_PER_MINUTE)


def retry_after(seconds: float) -> tuple[str, str]:
    """Return the header. RFC 9110 10.2.3."""
    return ("retry-after", str(max(1, ceil(seconds))))


def base_url(request: Request) -> str:
    """Return the origin that documents and challenges name: the spelling that was asked, if it is ours."""
    return origin.named(request.headers.get("host", ""), request.port)


def preflight(request: Request) -> Response:
    """Answer OPTIONS (4): the CORS preflight of the Fetch standard."""
    return share(Response(204, _PREFLIGHT), request)


def share(response: Response, request: Request) -> Response:
    """Let the page that asked read the answer, when its Origin is allowed. Never with cookies."""
    asked = request.headers.get("origin")
    if asked is None or not _may_ask(request):
        return response
    return response.plus(("access-control-allow-origin", asked), *_SHARED)


def _may_ask(request: Request) -> bool:
    asked = request.headers.get("origin")
    return asked is None or _is_allowed(asked, settings.GATEPOST_PUBLIC_URL, tuple(settings.GATEPOST_ALLOWED_ORIGINS))


@lru_cache(maxsize=64)
def _hosts(public_url: str, port: int | None) -> frozenset[str]:
    served = [urlsplit(each) for each in (public_url, *origin.accepted(port))]
    default = {"http": "80", "https": "443"}[served[0].scheme]
    named = {parts.netloc.lower() for parts in served}
    return frozenset(named | {f"{host}:{default}" for host in named if ":" not in host})


@lru_cache(maxsize=1024)
def _is_allowed(asked: str, public_url: str, more: tuple[str, ...]) -> bool:
    """RFC 6454 7: the deployment's own origin, those of the setting, and loopback pages of a loopback deployment."""
    if asked in {public_url, *more}:
        return True
    try:
        page = urlsplit(asked)
    except ValueError:
        return False
    is_local = page.scheme in {"http", "https"} and page.hostname in _LOOPBACK
    return is_local and urlsplit(public_url).hostname in _LOOPBACK


def _network(request: Request) -> str:
    """Return the key of the budget. Who has one IPv6 address has its whole /64."""
    address = request.address
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else str(address)

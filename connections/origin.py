"""RFC 8414 2: the issuer. Every URL we name begins with the configured origin; on loopback both spellings are served."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

_SPELLINGS = ("localhost", "127.0.0.1")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def accepted(listening_port: int | None = None) -> tuple[str, ...]:
    """Return the origins that mean this deployment, the configured one first.

    A deployment on loopback answers to both spellings of its port, because people type either.
    """
    public = urlsplit(settings.GATEPOST_PUBLIC_URL)
    if public.hostname not in _SPELLINGS:
        return (settings.GATEPOST_PUBLIC_URL,)
    ports = dict.fromkeys(port for port in (_port(settings.GATEPOST_PUBLIC_URL), listening_port) if port)
    loopback = (f"{public.scheme}://{host}{_suffix(public.scheme, port)}" for port in ports for host in _SPELLINGS)
    return tuple(dict.fromkeys((settings.GATEPOST_PUBLIC_URL, *loopback)))


def named(host: str, listening_port: int | None = None) -> str:
    """Return the origin to name in an answer: the spelling that was asked, else the configured one."""
    asked = f"{urlsplit(settings.GATEPOST_PUBLIC_URL).scheme}://{host.lower()}"
    origins = accepted(listening_port)
    return asked if asked in origins else origins[0]


def of(request: HttpRequest) -> str:
    """Return the origin to name in the answer to this request."""
    return named(request.META.get("HTTP_HOST", ""), listening_port(request))


def listening_port(request: HttpRequest) -> int | None:
    """Return the port that the server listens on, or None where the server does not say."""
    port = str(request.META.get("SERVER_PORT", ""))
    return int(port) if port.isdecimal() else None


def _port(origin: str) -> int | None:
    parts = urlsplit(origin)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _suffix(scheme: str, port: int) -> str:
    return "" if _DEFAULT_PORTS.get(scheme) == port else f":{port}"

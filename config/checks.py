"""System checks: each wrong set-up has an id and a remedy."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

DEFAULT_KEY = "insecure-development-key"


@register()
def public_url(**_: Any) -> list[CheckMessage]:
    """The issuer is GATEPOST_PUBLIC_URL: a bare origin, https unless it is loopback (RFC 8414 2)."""
    url = urlsplit(settings.GATEPOST_PUBLIC_URL)
    if not url.hostname or url.path or url.query or url.fragment:
        hint = "Use the bare origin, for example https://gate.example.com"
        return [Error("GATEPOST_PUBLIC_URL is no bare origin.", hint=hint, id="gatepost.E001")]
    if url.scheme != "https" and not settings.IS_LOOPBACK and not settings.GATEPOST_INSECURE:
        hint = "Put a proxy with a certificate in front and use its https address."
        return [Error("GATEPOST_PUBLIC_URL must be https unless it is loopback.", hint=hint, id="gatepost.E002")]
    return []


@register()
def secret_keys(**_: Any) -> list[CheckMessage]:
    """The default key is public knowledge: only a loopback deployment may start with it."""
    if DEFAULT_KEY not in settings.GATEPOST_SECRET_KEYS:
        return []
    message, hint = "GATEPOST_SECRET_KEYS is not set.", "Set it to a random text of at least 40 characters and keep it."
    if settings.IS_LOOPBACK:
        return [Warning(message, hint=hint, id="gatepost.W003")]
    return [Error(message, hint=hint, id="gatepost.E003")]


@register()
def debug(**_: Any) -> list[CheckMessage]:
    """DEBUG shows settings and code to strangers."""
    if not settings.DEBUG or settings.IS_LOOPBACK:
        return []
    return [Error("GATEPOST_DEBUG is on.", hint="Unset it outside loopback.", id="gatepost.E004")]


@register()
def conformance_fixtures(**_: Any) -> list[CheckMessage]:
    """The fixtures are there for tests alone: tools that do nothing, and methods that Gatepost does without."""
    if not settings.GATEPOST_CONFORMANCE_FIXTURES or settings.IS_LOOPBACK:
        return []
    return [Error("GATEPOST_CONFORMANCE_FIXTURES is set.", hint="Unset it outside loopback.", id="gatepost.E006")]

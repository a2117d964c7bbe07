"""System checks of accounts."""

from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from accounts.errors import Invalid
from accounts.networks import parse_range


@register()
def trusted_proxies(**_: Any) -> list[CheckMessage]:
    """A proxy that is trusted says who called: each range must be understood, and not be everybody."""
    found: list[CheckMessage] = []
    for text in settings.GATEPOST_TRUSTED_PROXIES:
        try:
            network = parse_range(text, field="GATEPOST_TRUSTED_PROXIES")
        except Invalid as error:
            found.append(Error(str(error), hint="List addresses and ranges of your proxies.", id="gatepost.E020"))
            continue
        if network in (ip_network("0.0.0.0/0"), ip_network("::/0")):
            message = f"GATEPOST_TRUSTED_PROXIES trusts everybody ({text}): every caller can forge its address."
            found.append(Warning(message, hint="List the addresses of your proxies only.", id="gatepost.W021"))
    return found

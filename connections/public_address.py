"""RFC 6890, oauth.md 7: is this an address on the public internet? What is not known to be one, is none."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

# The only block of IPv6 that is handed out. Mapped, compatible, translated (64:ff9b), unique-local, site-local,
# link-local and multicast addresses all lie outside of it.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_SPECIAL: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, ORCHID, benchmarking and more
        "2001:db8::/32",
        "2002::/16",  # 6to4 holds an IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_public(text: str) -> bool:
    """Tell whether a connection to this address leaves for the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if address.version == 6 and (address not in _GLOBAL_UNICAST or getattr(address, "scope_id", None)):
        return False
    return not any(address in network for network in _SPECIAL if network.version == address.version)

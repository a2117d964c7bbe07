"""RFC 4632, RFC 4291: addresses, ranges, and who may come in. Pure values without Django."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from accounts.errors import Invalid

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED = IPv6Network("::ffff:0:0/96")


@lru_cache(maxsize=4096)
def normalise(text: str) -> Address:
    """Return the address. An IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) counts as IPv4."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id:
            raise ValueError(f"{text!r} carries a zone. Leave out everything from % on.")
        return address.ipv4_mapped or address
    return address


def parse_range(text: str, *, field: str = "ip_addresses") -> Network:
    """Return the range of an address or of address/prefix; anything else is Invalid with the remedy."""
    base, slash, prefix = text.partition("/")
    if "%" in text or (slash and not (prefix.isascii() and prefix.isdigit())):
        raise Invalid({field: [f"{text!r} is no range. Write an address, or address/prefix such as 198.51.100.0/24."]})
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise Invalid(
            {field: [f"{text!r} is no IP address or range. Write for example 198.51.100.7 or 2001:db8::/32."]}
        ) from None
    if network.network_address != ip_address(base):
        raise Invalid({field: [f"{text!r} has host bits set. Did you mean {network}?"]})
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        mapped = int(network.network_address) & 0xFFFFFFFF
        return IPv4Network((mapped, network.prefixlen - 96))
    return network


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of addresses as merged intervals, so that a look-up costs one bisection however long the list is."""

    starts: dict[int, tuple[int, ...]]  # by IP version; first address of each interval, ascending
    ends: dict[int, tuple[int, ...]]

    @classmethod
    def of(cls, texts: Iterable[str], *, field: str = "ip_addresses") -> "Ranges":
        """Return the set of all addresses of these ranges."""
        networks = [parse_range(text, field=field) for text in texts]
        four = _merge((int(n[0]), int(n[-1])) for n in networks if n.version == 4)
        six = _merge((int(n[0]), int(n[-1])) for n in networks if n.version == 6)
        return cls(
            starts={4: tuple(first for first, _ in four), 6: tuple(first for first, _ in six)},
            ends={4: tuple(last for _, last in four), 6: tuple(last for _, last in six)},
        )

    def __contains__(self, address: Address) -> bool:
        number, starts = int(address), self.starts[address.version]
        position = bisect_right(starts, number) - 1
        return position >= 0 and number <= self.ends[address.version][position]

    def __bool__(self) -> bool:
        return any(self.starts.values())


NO_RANGES = Ranges(starts={4: (), 6: ()}, ends={4: (), 6: ()})


def _merge(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """BLOCK first; then, if any ALLOW exists, one must match. Without ALLOW every address may come in."""

    blocked: Ranges = NO_RANGES
    allowed: Ranges | None = None  # None: no ALLOW list; an empty one allows nobody

    @classmethod
    def from_lists(cls, lists: Iterable[tuple[str, Iterable[str]]]) -> "NetworkPolicy":
        """Return the policy of (list type, ranges) pairs; leave out the lists that are not enabled."""
        block: list[str] = []
        allow: list[str] | None = None
        for list_type, ranges in lists:
            if list_type == "BLOCK":
                block.extend(ranges)
            else:
                allow = [*(allow or ()), *ranges]
        return cls(Ranges.of(block), None if allow is None else Ranges.of(allow))

    @classmethod
    def allowing(cls, ranges: Iterable[str]) -> "NetworkPolicy":
        """Return the policy of the allow-list of one credential or client; empty = no limit."""
        allowed = Ranges.of(ranges)
        return cls(allowed=allowed if allowed else None)

    def refusal(self, address: Address | None) -> str | None:
        """Return why the address may not come in, or None. An unknown address passes only where there is no list."""
        if address is None:
            limited = bool(self.blocked) or self.allowed is not None
            return "The address of the caller is not known, and network access lists are in force." if limited else None
        if address in self.blocked:
            return f"The address {address} is in a BLOCK list."
        if self.allowed is not None and address not in self.allowed:
            return f"The address {address} is in no ALLOW list."
        return None


def client_address(peer: str, forwarded_for: str, trusted: Ranges) -> Address | None:
    """Return who really called: X-Forwarded-For is read from the right, as long as the one who wrote it is trusted.

    None when the peer has no address, as on a Unix socket: nobody vouches for the header then.
    """
    try:
        address = normalise(peer)
    except ValueError:
        return None
    for hop in reversed(forwarded_for.split(",")):
        if address not in trusted:
            break
        try:
            address = normalise(_without_port(hop.strip()))
        except ValueError:  # what stands to the left of nonsense cannot be trusted
            break
    return address


def _without_port(hop: str) -> str:
    """Some proxies write 198.51.100.7:4711 or [2001:db8::1]:4711."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop

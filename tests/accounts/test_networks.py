"""accounts.networks"""

import contextlib
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.errors import Invalid
from accounts.networks import NetworkPolicy, Ranges, client_address, normalise, parse_range
from tests.requirements import requirement

PROXIES = Ranges.of(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("198.51.100.7", "198.51.100.7/32"),
        ("198.51.100.0/24", "198.51.100.0/24"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("::ffff:198.51.100.7", "198.51.100.7/32"),
        ("::ffff:198.51.100.0/120", "198.51.100.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::/0", "::/0"),
    ],
)
def test_a_range_is_an_address_or_a_network(text, network):
    assert parse_range(text) == ip_network(network)


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "01.2.3.4", "::1%eth0", "1.2.3.0/255.255.255.0", "1.2.3.4 "],
)
def test_nonsense_is_refused_and_named(text):
    with pytest.raises(Invalid) as refused:
        parse_range(text)
    assert repr(text) in str(refused.value)


def test_host_bits_are_refused_with_the_right_network():
    with pytest.raises(Invalid, match=r"198\.51\.100\.0/24"):
        parse_range("198.51.100.7/24")
    with pytest.raises(Invalid, match="2001:db8::/32"):
        parse_range("2001:db8::1/32")


def test_an_ipv4_mapped_address_counts_as_ipv4():
    assert normalise("::ffff:198.51.100.7") == ip_address("198.51.100.7")


@requirement("AS-NETWORK-BLOCK")
def test_block_wins_over_allow():
    policy = NetworkPolicy.from_lists([("ALLOW", ["198.51.100.0/24"]), ("BLOCK", ["198.51.100.7"])])
    assert policy.refusal(ip_address("198.51.100.8")) is None
    assert "BLOCK" in policy.refusal(ip_address("198.51.100.7"))
    assert "no ALLOW" in policy.refusal(ip_address("203.0.113.1"))


def test_without_an_allow_list_everybody_may_come_in():
    assert NetworkPolicy.from_lists([]).refusal(ip_address("203.0.113.1")) is None
    assert NetworkPolicy.from_lists([("BLOCK", ["::/0"])]).refusal(ip_address("203.0.113.1")) is None


def test_an_allow_list_without_ranges_lets_nobody_in():
    assert NetworkPolicy.from_lists([("ALLOW", [])]).refusal(ip_address("203.0.113.1"))


def test_an_unknown_address_passes_only_where_there_is_no_list():
    assert NetworkPolicy().refusal(None) is None
    assert NetworkPolicy.from_lists([("BLOCK", ["10.0.0.1"])]).refusal(None)


def test_an_empty_allow_list_of_a_credential_is_no_limit():
    assert NetworkPolicy.allowing([]).refusal(ip_address("203.0.113.1")) is None
    assert NetworkPolicy.allowing(["10.0.0.0/8"]).refusal(ip_address("203.0.113.1"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.1", "", "203.0.113.1"),
        ("203.0.113.1", "198.51.100.7", "203.0.113.1"),  # the peer is no trusted proxy
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # what the client wrote itself does not count
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
        ("::1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_forwarded_addresses_are_read_from_the_right(peer, forwarded_for, client):
    assert client_address(peer, forwarded_for, PROXIES) == ip_address(client)


@pytest.mark.parametrize("peer", ["", "unix", "/run/gatepost.sock"])
def test_a_peer_without_an_address_vouches_for_nobody(peer):
    assert client_address(peer, "198.51.100.7", Ranges.of(["0.0.0.0/0", "::/0"])) is None


networks = st.ip_addresses().flatmap(
    lambda address: (
        st.integers(0, address.max_prefixlen).map(lambda n: ip_network((int(address), n), strict=False))
        if address.version == 4
        else st.integers(0, 128).map(lambda n: ip_network((int(address), n), strict=False))
    )
)


@given(st.lists(networks, max_size=8), st.ip_addresses())
def test_merged_ranges_hold_the_same_addresses(parsed, address):
    mapped = address.version == 6 and address.ipv4_mapped
    address = mapped or address
    ranges = [parse_range(str(network)) for network in parsed]
    expected = any(address in network for network in ranges if network.version == address.version)
    assert (address in Ranges.of(map(str, parsed))) is expected


@given(st.text(max_size=40))
def test_any_text_is_a_range_or_invalid(text):
    with contextlib.suppress(Invalid):
        parse_range(text)

"""O5 of oauth.md 9: what the fetcher of client documents does not do, tried against a real HTTPS listener."""

import asyncio
import gzip
import time

import pytest

from connections import document_fetch
from connections.document_fetch import Fetcher, Problem
from connections.public_address import is_public
from tests.connections.tls import HOST, PUBLIC, host
from tests.requirements import requirement

JSON = {"Content-Type": "application/json"}
REFUSED = [
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
    "",
]


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    with host(tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.fixture
def site(listening):
    listening.answer, listening.names = (200, JSON, b'{"a": 1}'), {HOST: [PUBLIC]}
    listening.asked.clear()
    listening.dialled.clear()
    return listening


def reason(site, **options):
    with pytest.raises(Problem) as problem:
        site.fetch(**options)
    return problem.value.reason


def test_a_document_is_fetched_from_the_address_that_was_checked(site):
    site.answer = (200, {**JSON, "Cache-Control": "public, max-age=3600"}, b'{"a": 1}')
    fetched = site.fetch()
    assert (fetched.document, fetched.max_age) == ({"a": 1}, 3600)
    assert site.dialled == [PUBLIC]


@pytest.mark.parametrize("address", REFUSED)
@requirement("O5-addresses")
def test_o5_no_connection_to_a_special_address(address, site):
    site.names = {HOST: [address]}
    assert reason(site) == "document_address_refused"
    assert site.dialled == []


@requirement("O5-addresses")
def test_o5_one_special_address_among_public_ones_is_enough_to_refuse(site):
    site.names = {HOST: [PUBLIC, "127.0.0.1"]}
    assert reason(site) == "document_address_refused"
    assert site.dialled == []


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", PUBLIC, "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost", "[::1]", "127.0.0.1"])
@requirement("O5-number-forms")
def test_o5_odd_forms_of_a_loopback_address_are_refused_by_the_real_resolver(name):
    with pytest.raises(Problem) as problem:
        asyncio.run(Fetcher().fetch(f"https://{name}/client.json"))
    assert problem.value.reason in {"document_address_refused", "document_unreachable"}


@requirement("O5-rebinding")
def test_o5_a_name_that_is_rebound_after_the_check_changes_nothing(site):
    site.names = {HOST: [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]}
    site.fetch()
    assert site.dialled == [PUBLIC]
    assert reason(site) == "document_address_refused"


def test_o5_a_certificate_of_another_name_is_refused(site):
    site.names = {"other.example.com": [PUBLIC]}
    assert reason(site, host="other.example.com") == "document_unreachable"
    assert site.asked == []


def test_o5_a_certificate_that_nobody_trusts_is_refused(site):
    fetcher = Fetcher(resolve=site.resolve, dial=site.dial)
    with pytest.raises(Problem) as problem:
        asyncio.run(fetcher.fetch(f"https://{HOST}/client.json"))
    assert problem.value.reason == "document_unreachable"


@pytest.mark.parametrize("status", [204, 301, 302, 307, 401, 404, 500])
@requirement("O5-redirect")
def test_o5_redirects_and_errors_are_not_followed(status, site):
    site.answer = (status, {**JSON, "Location": f"https://{HOST}/other.json"}, b"" if status == 204 else b"{}")
    assert reason(site) == "document_status"
    assert len(site.asked) == 1


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/javascript", "image/png", ""])
@requirement("O5-type")
def test_o5_only_json_is_read(kind, site):
    site.answer = (200, {"Content-Type": kind}, b"{}")
    assert reason(site) == "document_type"


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/oauth+json", "Application/JSON"])
def test_json_has_several_names(kind, site):
    site.answer = (200, {"Content-Type": kind}, b"{}")
    assert site.fetch().document == {}


@requirement("O5-size")
def test_o5_a_megabyte_is_not_read(site):
    site.answer = (200, JSON, b" " * 1_000_000)
    assert reason(site) == "document_too_large"
    site.answer = (200, JSON, b"{}" + b" " * (document_fetch.MAX_BYTES - 2))
    assert site.fetch().document == {}


@requirement("O5-gzip")
def test_o5_a_gzip_bomb_is_not_opened(site):
    site.answer = (200, {**JSON, "Content-Encoding": "gzip"}, gzip.compress(b" " * 10_000_000)[:16_000])
    assert reason(site) == "document_compressed"


@requirement("O5-slow")
def test_o5_a_body_without_end_is_given_up_in_five_seconds(site, monkeypatch):
    monkeypatch.setattr(document_fetch, "SECONDS", 0.5)

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "10000")
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    site.answer = drip
    began = time.monotonic()
    assert reason(site) == "document_too_slow"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"7", b"\xff\xfe", b"[" * 10_000, b'{"a": NaN}'])
def test_o5_what_is_no_json_object_is_refused(body, site):
    site.answer = (200, JSON, body)
    assert reason(site) == "document_malformed"


def test_o5_what_does_not_speak_http_is_refused(site):
    site.answer = lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
    assert reason(site) == "document_unreachable"


@requirement("AS-DOCUMENT-FETCH")
def test_o5_ten_fetches_at_a_time_are_the_most(site):
    async def eleven():
        fetcher, release = site.fetcher(), asyncio.Event()

        async def resolve(_host, _port):
            await release.wait()
            return [PUBLIC]

        fetcher.resolve = resolve
        waiting = [asyncio.ensure_future(fetcher.fetch(f"https://{HOST}/{n}")) for n in range(10)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as problem:
            await fetcher.fetch(f"https://{HOST}/11")
        release.set()
        await asyncio.gather(*waiting)
        return problem.value.reason, await fetcher.fetch(f"https://{HOST}/12")

    why, after = asyncio.run(eleven())
    assert why == "fetcher_busy"
    assert after.document == {"a": 1}

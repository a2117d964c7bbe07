"""draft-ietf-oauth-client-id-metadata-document 6: fetch a small JSON document that a stranger points to, safely.

The name is resolved once, every address is checked, and the connection goes to a checked address with the name in TLS:
nothing can change in between. No redirect, no proxy, no cookie, no compression.
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from socket import SOCK_STREAM, gaierror
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import httpcore2
import orjson

from connections import policy
from connections.public_address import is_public

SECONDS: Final = 5.0  # for everything
MAX_BYTES: Final = 16_384
AT_A_TIME: Final = 10
MAX_URL: Final = 255  # characters
_URL: Final = re.compile(r"https://[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+")  # RFC 3986, without #
_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;|\Z)", re.IGNORECASE)
_MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_HEADERS: Final = ((b"Accept", b"application/json"), (b"Accept-Encoding", b"identity"), (b"User-Agent", b"Gatepost"))

Resolve = Callable[[str, int], Awaitable[list[str]]]
Dial = Callable[[str, int], Awaitable[httpcore2.AsyncNetworkStream]]


class Problem(Exception):
    """The document cannot be used: `reason` for the audit record, `description` for the person."""

    def __init__(self, reason: str, description: str) -> None:
        self.reason = reason
        self.description = description
        super().__init__(description)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document, and for how many seconds its host lets it be kept."""

    document: dict[str, Any]
    max_age: int


def parts(url: str) -> SplitResult | None:
    """Section 3 of the draft: https, a host by name, a path, and nothing that could be read in two ways; else None."""
    try:
        found = urlsplit(url)
    except ValueError:
        return None
    is_usable = (
        _URL.fullmatch(url)
        and len(url) <= MAX_URL
        and found.netloc == found.hostname  # no user information, no port, lower case
        and policy.is_host(found.netloc)
        and found.path not in {"", "/"}
        and {".", ".."}.isdisjoint(unquote(unquote(found.path)).split("/"))
    )
    return found if is_usable else None


async def resolve(host: str, port: int) -> list[str]:
    """Return every address of a host, as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def dial(address: str, port: int) -> httpcore2.AsyncNetworkStream:
    """Open a TCP connection to an address that was checked."""
    return await httpcore2.AnyIOBackend().connect_tcp(address, port)


@dataclass(slots=True)
class Fetcher:
    """Fetches documents. How names are found, connections opened and certificates trusted are its arguments.

    Every address that `resolve` answers is checked, whatever stands behind it: no setting takes that away.
    """

    resolve: Resolve = resolve
    dial: Dial = dial
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    running: int = 0

    async def fetch(self, url: str) -> Fetched:
        """Return the document at an https URL, or raise Problem."""
        if self.running >= AT_A_TIME:
            raise Problem("fetcher_busy", "Too many apps are being looked up. Try again in a moment.")
        self.running += 1
        try:
            async with asyncio.timeout(SECONDS):
                return await self._fetch(url)
        except TimeoutError:
            raise Problem("document_too_slow", f"The app's document did not arrive in {SECONDS:.0f} seconds.") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException, OSError) as error:
            raise Problem("document_unreachable", "The app's document cannot be fetched.") from error
        finally:
            self.running -= 1

    async def _fetch(self, url: str) -> Fetched:
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self.tls, max_connections=1, network_backend=_Checked(self.resolve, self.dial)
            ) as pool,
            pool.stream("GET", url, headers=_HEADERS) as response,
        ):
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            _check(response.status, headers)
            body = bytearray()
            async for chunk in response.aiter_stream():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Problem("document_too_large", f"The app's document is larger than {MAX_BYTES} bytes.")
        found = _MAX_AGE.search(headers.get("cache-control", ""))
        return Fetched(_parsed(bytes(body)), int(found[1]) if found else 0)


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that are all public, and to nothing else."""

    def __init__(self, resolve: Resolve, dial: Dial) -> None:
        self._resolve = resolve
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Resolve once, check every address, and connect to the first that answers."""
        try:
            addresses = await self._resolve(host, port)
        except gaierror:
            addresses = []
        if not addresses or not all(is_public(address) for address in addresses):
            raise Problem("document_address_refused", "The app's document is not on the public internet.")
        *others, last = addresses
        for address in others:
            try:
                return await self._dial(address, port)
            except (OSError, httpcore2.NetworkError):
                continue
        return await self._dial(last, port)


def _check(status: int, headers: dict[str, str]) -> None:
    if status != 200:
        raise Problem("document_status", f"The app's document answers with the status {status}, not 200.")
    if not _JSON.match(headers.get("content-type", "")):
        raise Problem("document_type", "The app's document is not application/json.")
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise Problem("document_compressed", "The app's document is compressed, which was not asked for.")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise Problem("document_malformed", "The app's document is no JSON object.")
    return document

"""One HTTP exchange as plain values: both doors make a Request and send a Response."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import orjson

from audit.event import NOBODY, By, Outcome
from connections.grant import Address

Pairs = tuple[tuple[str, str], ...]

JSON = ("content-type", "application/json")
NO_STORE = ("cache-control", "no-store")


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `path` is as it was on the wire, before percent-decoding."""

    id: str
    method: str
    path: str
    query: str
    lines: Pairs  # header lines: names in lower case, values without surrounding blanks (RFC 9110 5.5)
    headers: Mapping[str, str]
    address: Address | None
    port: int | None  # that the server listens on, where it says so
    read: Callable[[], Awaitable[bytes]]  # raises TooLarge before it holds more than the limit


class Stream(Protocol):
    """Parts of a body that come one by one. The door closes it, whether it was read to its end or not."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Response:
    """What goes out: a body, to which the doors add the length, or a stream."""

    status: int
    headers: Pairs = ()
    body: bytes = b""
    stream: Stream | None = None

    def plus(self, *headers: tuple[str, str]) -> "Response":
        """Return the same answer with further headers."""
        return replace(self, headers=self.headers + headers)


class TooLarge(Exception):
    """The body is longer than GATEPOST_MAX_BODY_BYTES."""


class Incomplete(Exception):
    """The body did not arrive whole, or not in time."""


@dataclass(eq=False)
class Refusal(Exception):
    """A rung that failed. `code` is the JSON-RPC code, `reason` the word of the audit record.

    Without `code` the body is a small object of `error` and text. Without `reason` nothing was decided about access
    (the message was malformed), and nothing is recorded.
    """

    status: int
    text: str
    code: int | None = None
    data: Any = None
    error: str = "invalid_request"
    reason: str = ""
    outcome: Outcome = "denied"
    headers: Pairs = ()
    id: str | int | None = None
    by: By = NOBODY

    def response(self) -> Response:
        """Render the refusal."""
        body = {"error": self.error, "error_description": self.text} if self.code is None else self.message()
        return Response(self.status, (JSON, NO_STORE, *self.headers), orjson.dumps(body))

    def message(self) -> dict[str, Any]:
        """Return the refusal as a JSON-RPC error. JSON-RPC 2.0 section 5.1."""
        error = {"code": self.code if self.code is not None else -32600, "message": self.text}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": self.id, "error": error}

    @property
    def ends_batch(self) -> bool:
        """Tell whether the whole batch is refused, not only the message that ran into it."""
        return self.code is None or self.status in {403, 404, 429, 503}


def fold(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join repeated headers with a comma, in order. RFC 9110 5.3."""
    headers: dict[str, str] = {}
    for name, value in lines:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers

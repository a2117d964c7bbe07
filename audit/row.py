"""One event as one row, in JSON that PostgreSQL takes without complaint, whatever a caller put into the event."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from audit.event import Event

_ESCAPED_NUL = b"\\u0000"
_LARGEST: Final = 2**63 - 1

# The length of each text column. A test compares them with the model.
LENGTHS: Final = {
    "action": 100,
    "outcome": 10,
    "reason": 100,
    "principal_kind": 10,
    "principal_name": 320,
    "client_id": 255,
    "client_name": 255,
    "credential_kind": 30,
    "credential_id": 100,
    "object": 500,
    "request_id": 64,
}


def row(event: Event) -> str:
    """Return the columns of the event as a JSON object. Control characters are escaped, strings cut to the column."""
    by, lengths = event.by, LENGTHS
    columns: dict[str, Any] = {
        "event_id": event.event_id,
        "at": event.at,
        "action": line(event.action, lengths["action"]),
        "outcome": line(event.outcome, lengths["outcome"]),
        "reason": line(event.reason, lengths["reason"]),
        "principal_id": by.principal_id,
        "principal_kind": line(by.principal_kind, lengths["principal_kind"]),
        "principal_name": line(by.principal_name, lengths["principal_name"]),
        "client_id": line(by.client_id, lengths["client_id"]),
        "client_name": line(by.client_name, lengths["client_name"]),
        "credential_kind": line(by.credential_kind, lengths["credential_kind"]),
        "credential_id": line(by.credential_id, lengths["credential_id"]),
        "scopes": _scopes(by.scopes),
        "object": line(event.object, lengths["object"]),
        "address": None if by.address is None else str(by.address),
        "request_id": line(by.request_id, lengths["request_id"]),
        "attempt_id": event.attempt_id,
        "duration_ms": event.duration_ms,
        "row_count": event.row_count,
        "details": event.details if isinstance(event.details, dict) else dict(event.details),
        "statement": None if event.statement is None else line(event.statement, keep="\n\t"),
        "parameters": event.parameters,
    }
    return _json(columns).decode()


@lru_cache(maxsize=1024)
def _scopes(scopes: tuple[str, ...]) -> list[str]:
    return [line(scope, 100) for scope in scopes]


def line(text: str, length: int | None = None, *, keep: str = "") -> str:
    """Return the text on one line of printable characters, cut to the length."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
    return text if length is None or len(text) <= length else text[:length]


def _json(columns: dict[str, Any]) -> bytes:
    """Write JSON. The quick way is right for nearly all; jsonb takes no NUL, and orjson no odd values."""
    try:
        quick = orjson.dumps(columns)
    except (TypeError, ValueError, RecursionError):
        quick = None
    if quick is None or _ESCAPED_NUL in quick:
        return orjson.dumps(columns | {name: _plain(columns[name]) for name in ("details", "parameters")})
    return quick


def _plain(value: Any, depth: int = 64) -> Any:
    """Return the value with everything that JSON in PostgreSQL cannot hold turned into text."""
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth - 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else hex(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return _text(str(value))


def _text(value: str) -> str:
    """Return the text without NUL and without lone surrogates."""
    return value.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()

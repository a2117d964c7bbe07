"""JSON values as PostgreSQL's text input. The results are bound as parameters, never put into a statement."""

import base64
import binascii
import json
from typing import Any


class Unwritable(Exception):
    """The value has no form in the type. The text says which form it wants."""


def written(value: Any, codec: str, *, is_array: bool) -> str | None:
    """Return what to bind for an argument; None is SQL's NULL."""
    if not is_array:
        return _element(value, codec)
    if value is None:
        return None
    if not isinstance(value, list):
        raise Unwritable("Send an array.")
    return _array(value, codec)


def _array(values: list[Any], codec: str) -> str:
    return "{" + ",".join(_member(value, codec) for value in values) + "}"


def _member(value: Any, codec: str) -> str:
    if isinstance(value, list) and codec != "json":  # an array of JSON values has one dimension here
        return _array(value, codec)
    text = _element(value, codec)
    return "NULL" if text is None else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _element(value: Any, codec: str) -> str | None:
    text = _WRITERS[codec](value)
    if text is not None and "\0" in text:
        raise Unwritable("The text holds a NUL character, which PostgreSQL cannot store.")
    return text


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # JSON does not tell 1.0 from 1
    if isinstance(value, str | int | float):
        return _encodable(str(value))
    raise Unwritable("Send one value, not an object or an array.")


def _bytes(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return "\\x" + base64.b64decode(value, validate=True).hex()
    except (TypeError, ValueError, binascii.Error):
        raise Unwritable("Send the bytes as base64 text.") from None


def _json(value: Any) -> str:
    try:
        return _encodable(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise Unwritable("Send a JSON value.") from None


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unwritable("The text holds half of a surrogate pair.") from None
    return text


_WRITERS = {"text": _text, "bytea": _bytes, "json": _json}

"""Cursors of table tools: where a page ended, sealed, for one question of one principal, for a while."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import orjson

from accounts import sealing
from accounts.sealing import Unsealable
from catalog.errors import InvalidCursor

LIFETIME: Final = 3600  # seconds
_PURPOSE: Final = "query cursor"


def seal(values: Sequence[str | None], question: Any) -> str:
    """Return the cursor behind a row with these values in the order of the question."""
    return sealing.seal(orjson.dumps([_digest(question), values]).decode(), purpose=_PURPOSE).decode()


def unseal(cursor: str, question: Any) -> list[str | None]:
    """Return the values; refuse a cursor that was changed, is too old, or belongs to another question."""
    try:
        digest, values = orjson.loads(
            sealing.unseal(cursor.encode(errors="replace"), purpose=_PURPOSE, max_age=LIFETIME)
        )
    except Unsealable:
        raise InvalidCursor("it was changed, or is too old") from None
    if digest != _digest(question):
        raise InvalidCursor("it belongs to other arguments")
    return list(values)


def _digest(question: Any) -> str:
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()

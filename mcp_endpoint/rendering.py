"""Messages as JSON: in one piece, or in parts where a result is too long to be held twice in memory."""

import codecs
import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from catalog.encoded_rows import EncodedRows

EVENT: Final = (b"event: message\ndata: ", b"\n\n")  # WHATWG HTML 9.2


class LongObject:
    """A JSON object with a member `rows` that is read when it is sent. It stands in a message like a value."""

    def __init__(self, before: Mapping[str, Any], rows: EncodedRows, after: Mapping[str, Any]) -> None:
        self._begin = orjson.dumps(before)[:-1] + b',"rows":['
        self._end = b"]" + (b"," if after else b"") + orjson.dumps(after)[1:]
        self._rows = rows

    def parts(self) -> Iterator[bytes]:
        """Yield the object in parts that break anywhere."""
        yield self._begin
        yield from self._rows.parts()
        yield self._end


class Quoted:
    """A long object as a JSON string that holds it: the text of a content block."""

    def __init__(self, content: LongObject) -> None:
        self._content = content

    def parts(self) -> Iterator[bytes]:
        """Yield the string with its quotes."""
        decoder = codecs.getincrementaldecoder("utf-8")()  # a part may end within a character
        yield b'"'
        for part in self._content.parts():
            yield orjson.dumps(decoder.decode(part))[1:-1]
        yield b'"'


def encode(message: Any, before: bytes = b"", after: bytes = b"") -> bytes | AsyncGenerator[bytes, None]:
    """Return the message between two pieces: as one, or as parts when it holds a long object."""
    mark = secrets.token_hex(16)  # stands for each long value, so that orjson can write everything else
    held: list[LongObject | Quoted] = []

    def hold(value: Any) -> str:
        if not isinstance(value, LongObject | Quoted):
            raise TypeError
        held.append(value)
        return mark

    encoded = before + orjson.dumps(message, default=hold) + after
    return _interleaved(encoded.split(f'"{mark}"'.encode()), held) if held else encoded


async def _interleaved(pieces: Sequence[bytes], held: Sequence[LongObject | Quoted]) -> AsyncGenerator[bytes, None]:
    yield pieces[0]
    for value, piece in zip(held, pieces[1:], strict=True):
        for part in value.parts():
            if part:  # an empty one would end the body
                yield part
        yield piece

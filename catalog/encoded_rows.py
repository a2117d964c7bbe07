"""The rows of a result, encoded as JSON once. What is longer than a mebibyte lies in an unnamed file, not in memory."""

from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any, Final, overload

import orjson

from catalog.errors import CallFailed

IN_MEMORY: Final = 1024 * 1024  # bytes
PART: Final = 64 * 1024  # bytes
Row = list[Any]


class EncodedRows(Sequence[Row]):
    """A sequence of rows. Reading it as one decodes all; `parts` gives the JSON in pieces."""

    def __init__(self) -> None:
        self._count = 0
        self._buffer: list[bytes] = []
        self._buffered = 0
        self.size = 0  # bytes of JSON
        self._file: IO[bytes] | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self._decoded()[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._decoded())

    def __eq__(self, other: object) -> bool:
        return self._decoded() == (list(other) if isinstance(other, EncodedRows) else other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"<{self._count} rows>"

    @property
    def is_long(self) -> bool:
        """Tell whether the rows are better sent in parts than held as one piece."""
        return self._file is not None

    def add(self, encoded: bytes, count: int) -> None:
        """Add so many rows, one at least: JSON arrays with commas between them.

        Raise CallFailed when there is no room for the file.
        """
        if self._count:
            self._buffer.append(b",")
        self._buffer.append(encoded)
        self._count += count
        self._buffered += len(encoded) + 1
        self.size += len(encoded) + 1
        if self._buffered > (PART if self._file else IN_MEMORY):
            self._spill()

    def parts(self) -> Iterator[bytes]:
        """Yield the rows, with commas between them, in pieces of bounded length that break anywhere."""
        if self._file is not None:
            self._spill()
            self._file.seek(0)
            while part := self._file.read(PART):
                yield part
        yield from self._buffer

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 - closed with the last reference
            self._file.writelines(self._buffer)
            self._file.flush()
        except OSError as error:
            message = "The result is too large for the disk of this server. Ask for fewer rows."
            raise CallFailed("NO_SPACE", message, str(error)) from None
        self._buffer, self._buffered = [], 0

    def _decoded(self) -> list[Row]:
        rows: list[Row] = orjson.loads(b"[" + b"".join(self.parts()) + b"]")
        return rows


def size_of(rows: Sequence[Row]) -> int:
    """Return how many bytes of JSON the rows have."""
    return rows.size if isinstance(rows, EncodedRows) else len(orjson.dumps(rows))

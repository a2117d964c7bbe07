"""The cursor for SQL of callers: always the extended protocol, rows in small chunks. sql-safety.md 1.1."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Final, cast

from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.raw_cursor import AsyncRawCursor
from psycopg.rows import TupleRow

_MORE: Final = (ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK)
_END: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


class StatementCursor(AsyncRawCursor[TupleRow]):
    """`stream` of psycopg, which also takes statements without rows and keeps the columns of results without rows."""

    def rows(
        self, text: str, values: Sequence[str | None], size: int
    ) -> AbstractAsyncContextManager[AsyncGenerator[TupleRow, None]]:
        """Run the text; the rows come in chunks of the size. Leaving early cancels the rest."""
        return aclosing(cast(AsyncGenerator[TupleRow, None], self.stream(text.encode(), values, size=size)))

    def columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the columns and of their types."""
        described = self.description or ()
        types = self.connection.adapters.types
        named = (types.get(column.type_code) for column in described)
        return tuple(column.name for column in described), tuple(type_.name if type_ else "unknown" for type_ in named)

    def _stream_fetchone_gen(self, first: bool) -> PQGen[PGresult | None]:  # noqa: FBT001 - psycopg's own
        result: PGresult | None = yield from generators.fetch(self._pgconn)
        if result is None:
            return None
        if result.status in _MORE or (first and result.status in _END):
            self.pgresult = result
            self._tx.set_pgresult(result, set_loaders=first)
        if result.status in _MORE:
            if first:
                self._make_row = self._make_row_maker()
            return result
        if result.status in _END:
            while result is not None:
                result = yield from generators.fetch(self._pgconn)
            return None
        return cast("PGresult | None", self._raise_for_result(result))

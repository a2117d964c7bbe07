"""The cursor for SQL of callers: always the extended protocol, rows in small chunks. sql-safety.md 1.1."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Final, cast

import psycopg
from psycopg import generators
from psycopg._typeinfo import TypesRegistry
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.raw_cursor import AsyncRawCursor
from psycopg.rows import TupleRow

_MORE: Final = (ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK)
_CANCEL: Final = 0.5  # seconds
_END: Final = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def _type(types: TypesRegistry, oid: int) -> str:
    """Return the name of a type. psycopg has one entry for a type and its array."""
    found = types.get(oid)
    if found is None:
        return "unknown"
    return f"{found.name}[]" if oid == found.array_oid else found.name


class StatementCursor(AsyncRawCursor[TupleRow]):
    """`stream` of psycopg by whole chunks, which also takes statements without rows and keeps their columns."""

    def chunks(
        self, text: bytes, values: Sequence[str | None], size: int
    ) -> AbstractAsyncContextManager[AsyncIterator[list[TupleRow]]]:
        """Run the text; the rows come in chunks of the size. Leaving early cancels the rest."""
        return aclosing(self._chunks(text, values, size))

    async def _chunks(
        self, text: bytes, values: Sequence[str | None], size: int
    ) -> AsyncGenerator[list[TupleRow], None]:
        async with self.connection.lock:
            try:
                await self.connection.wait(self._stream_send_gen(text, values, size=size))
                first = True
                while result := await self.connection.wait(self._stream_fetchone_gen(first)):
                    yield self._tx.load_rows(0, result.ntuples, self._make_row)
                    first = False
                    await asyncio.sleep(0)  # what lies in the socket's buffer is had without waiting for it
            finally:
                if self._pgconn.transaction_status == TransactionStatus.ACTIVE:
                    await self._end()

    async def _end(self) -> None:
        """Cancel the statement, and read past what had been sent."""
        await self.connection.cancel_safe(timeout=_CANCEL)
        with suppress(psycopg.Error):
            while await self.connection.wait(self._stream_fetchone_gen(first=False)):
                pass
        with suppress(psycopg.Error):
            await self.connection.wait(self._stream_fetchone_gen(first=False))

    def columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the columns and of their types."""
        described = self.description or ()
        types = self.connection.adapters.types
        return tuple(column.name for column in described), tuple(_type(types, column.type_code) for column in described)

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

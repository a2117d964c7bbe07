"""Functions of catalogs for the MCP endpoint: which ones a caller sees, and calling them. No Django on this path."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from audit import event_loop
from catalog import execution, session, snapshot, statements
from catalog.errors import CallFailed, NotVisible
from catalog.execution import NO_LIMITS, Collected, Limits, Result
from catalog.function import Argument, Column, Function
from catalog.session import Connection
from catalog.snapshot import Caller, Header

__all__ = ["Argument", "Caller", "Column", "Function", "Result", "call", "visible"]

_FEW_ROWS: Final = 100  # by the function's own estimate: one prepared statement; more are streamed


async def visible(catalog: str, schema: str, caller: Caller, *, function: str | None = None) -> tuple[Function, ...]:
    """Return what the caller may call in a schema, in the order of the tool names.

    With `function`, only that one with its overloads. Raise NotVisible when nothing is left, or never was there.
    """
    return await event_loop.on_owner(_visible(catalog, schema, caller, function))


async def call(
    function: Function,
    arguments: Mapping[str, Any],
    *,
    caller: Caller,
    limits: Limits = NO_LIMITS,
) -> Result:
    """Call the function. The limits only lower those of the catalog. Cancelling the task cancels the statement."""
    return await event_loop.on_owner(_call(function, arguments, caller, limits))


async def _visible(catalog: str, schema: str, caller: Caller, function: str | None) -> tuple[Function, ...]:
    found = await snapshot.visible(await snapshot.header(catalog), schema, caller)
    if function is not None:
        found = tuple(one for one in found if one.name == function)
    if not found:
        raise NotVisible
    return found


async def _call(
    function: Function,
    arguments: Mapping[str, Any],
    caller: Caller,
    limits: Limits,
) -> Result:
    header = await snapshot.header(function.catalog)
    held = await snapshot.rights(caller)
    if header.id != function.catalog_id or not snapshot.may_execute(held, function):
        raise NotVisible
    _check_catalog(header, function)
    limit = execution.rows_allowed(header, limits.rows)
    statement, values = statements.of_call(function, arguments, limit + 1, snapshot.row_restriction(held, function))
    lane = await session.lane(header)
    work = _way(function)
    collected = await lane.run(
        lambda connection: work(connection, statement, values, execution.collected(header, limits)),
        execution.seconds_allowed(header, limits.timeout_ms),
        repeatable=not function.writes,
    )
    return _result(function, collected)


def _check_catalog(header: Header, function: Function) -> None:
    execution.check_login_role(header)
    if function.writes and header.read_only:
        raise CallFailed("CATALOG_READ_ONLY", "This catalog is read-only, and the function writes.")


_Way = Callable[[Connection, bytes, list[str | None], Collected], Awaitable[Collected]]


def _way(function: Function) -> _Way:
    if function.writes:
        return _write
    return execution.stream if function.returns_set and function.row_estimate > _FEW_ROWS else execution.read


async def _write(connection: Connection, statement: bytes, values: list[str | None], into: Collected) -> Collected:
    """Run a writing function in a transaction of its own, to its end, whatever part of its rows is wanted."""
    await connection.execute("BEGIN READ WRITE", prepare=False)
    await execution.read(connection, statement, values, into)
    await connection.execute("COMMIT", prepare=False)
    return into


def _result(function: Function, collected: Collected) -> Result:
    declared = tuple(column.name for column in function.columns)
    return Result(
        columns=(collected.columns or declared) if function.has_own_columns else declared,
        rows=collected.rows,
        is_truncated=bool(collected.truncated_by),
        column_types=tuple(column.type for column in function.columns),
        truncated_by=collected.truncated_by,
    )

"""A limit on what PostgreSQL's planner expects a statement to cost, looked at before the statement runs."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from catalog.errors import Refused
from catalog.session import Connection
from catalog.statement_cursor import StatementCursor

EXPLAIN: Final = "EXPLAIN (FORMAT JSON) "


async def check(connection: Connection, text: str, values: Sequence[str | None], limit: int | None) -> None:
    """Ask the planner, in the transaction in which the statement is about to run. Raise Refused above the limit.

    `text` is what the guard let through; the limit has the planner's own units, and None is no limit.
    """
    if limit is None:
        return
    cost = await _estimated(connection, text, values)
    if cost > limit:
        told = f"PostgreSQL expects this to cost {cost:.0f}, and {limit} is the limit here. Nothing was run."
        how = "Narrow it, with WHERE on an indexed column or less to join and sort; explain_query shows the plan."
        raise Refused("PLAN_COST_LIMIT", f"{told} {how} An account admin can raise the limit.")


async def _estimated(connection: Connection, text: str, values: Sequence[str | None]) -> float:
    async with StatementCursor(connection).chunks((EXPLAIN + text).encode(), values, 1) as chunks:
        [[plan]] = [row async for rows in chunks for row in rows]
    return float(_parsed(plan)[0]["Plan"]["Total Cost"])


def _parsed(plan: Any) -> Any:
    return orjson.loads(plan) if isinstance(plan, str | bytes) else plan

"""What the work of a call gets from the pipeline: leave to write, a record that outlives it, and its share of budgets."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import orjson

from audit.event import Outcome
from catalog import execution
from catalog.encoded_rows import size_of
from connections import spending
from connections.spending import Purse
from mcp_endpoint import confirmation
from mcp_endpoint.authorize import Task
from mcp_endpoint.decision import Decision
from mcp_endpoint.dialogue import Dialogue
from mcp_endpoint.tools.tool import Afterwards, Content, Invocation, Limits, Rows

Found = TypeVar("Found", bound=Rows | Content)


def invocation(
    task: Task, decision: Decision, dialogue: Dialogue, limits: Limits, again: Callable[[], Awaitable[None]]
) -> Invocation:
    """Return what the work knows of the call. `again` raises the Refusal that the call would get now."""

    def outlive() -> Afterwards:
        decision.outlive()
        return decision.afterwards

    attempt = partial(_attempt, task, decision, dialogue)
    return Invocation(task.grant, limits, attempt, dialogue, again, outlive, decision.name_objects)


async def within_budget(
    catalogs: Sequence[str], run: Callable[[Invocation], Awaitable[Found]], invocation: Invocation
) -> Found:
    """Run it as one call under the budgets of its caller, and within their limits."""
    async with spending.spend(invocation.grant, catalogs) as purse:
        limited = invocation.within(
            execution.Limits(purse.row_limit, purse.timeout_ms, purse.byte_limit, plan_cost=purse.plan_cost)
        )
        found = await run(replace(limited, outlive=partial(_outlive, purse, invocation.outlive)))
        if purse.keys:
            purse.rows, purse.bytes = _returned(found)
    return found


def _returned(found: Rows | Content) -> tuple[int, int]:
    """Return how many rows there are, and their bytes."""
    if isinstance(found, Content):
        return found.row_count or 0, len(orjson.dumps(found.structured)) if found.row_count else 0
    return len(found.rows), size_of(found.rows)


async def _attempt(task: Task, decision: Decision, dialogue: Dialogue, catalog: str) -> None:
    decision.is_confirmed = await confirmation.confirm(task, dialogue, catalog)
    await decision.attempt()


def _outlive(purse: Purse, outlive: Callable[[], Afterwards]) -> Afterwards:
    """What goes on in the background still counts as a call that runs."""
    record, purse.outlives = outlive(), True

    async def afterwards(outcome: Outcome, reason: str, row_count: int | None, error_detail: str) -> None:
        await spending.close(purse)
        await record(outcome, reason, row_count, error_detail)

    return afterwards

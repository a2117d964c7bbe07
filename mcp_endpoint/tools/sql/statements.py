"""execute_sql_read_only, execute_sql, explain_query: SQL that the model wrote."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from accounts.scopes import Scope, covers
from catalog import free_sql
from catalog.errors import NotVisible, Refused
from catalog.execution import Result
from catalog.free_sql import Leave, Statement, Wanted
from catalog.guard import Code
from mcp_endpoint.text import UNTRUSTED
from mcp_endpoint.tools.sql import long
from mcp_endpoint.tools.sql.where import catalog_of, input_schema, unknown
from mcp_endpoint.tools.tool import Invocation, NeedsScope, Tool, caller_of, output_schema

LONGEST: Final = 65_536  # characters; the guard counts bytes
MOST_PARAMETERS: Final = 1_000
_QUERY: Final = {"type": "string", "minLength": 1, "maxLength": LONGEST, "description": "One PostgreSQL statement."}
_PARAMETERS: Final = {
    "type": "array",
    "maxItems": MOST_PARAMETERS,
    "description": "Values for $1, $2, ... in the query. Put every value here instead of into the query.",
}
_PROPERTIES: Final = {"query": _QUERY, "parameters": _PARAMETERS}
_TRUNCATED_BY: Final = {"type": "string", "enum": ["rows", "bytes"], "description": "Which limit cut."}
_AFFECTED: Final = {"type": "integer", "description": "Rows that the statement changed, triggers included."}
RESULT: Final[Mapping[str, Mapping[str, Any]]] = {"truncated_by": _TRUNCATED_BY, "affected_rows": _AFFECTED}
_HINTS: Final = (
    "One statement at a time. Functions are those that compute (strings, numbers, dates, JSON, aggregates) and those "
    "that you may execute; names of other schemas need the schema: schema.table. "
)


def tools(catalog: str | None) -> list[Tool]:
    """Return the tools that take SQL, and those for what takes long."""
    return [_read_only(catalog), _execute(catalog), _explain(catalog), *long.tools(catalog, RESULT)]


def _read_only(catalog: str | None) -> Tool:
    return Tool(
        name="execute_sql_read_only",
        title="Run read-only SQL",
        description=f"Runs a SELECT, VALUES, TABLE or EXPLAIN and returns its rows. {_HINTS}{UNTRUSTED}",
        input_schema=input_schema(catalog, _PROPERTIES, ["query"]),
        output_schema=output_schema(truncated_by=_TRUNCATED_BY, **long.STATE),
        run=partial(_run, catalog, writes=False),
    )


def _execute(catalog: str | None) -> Tool:
    kinds = "SELECT, INSERT, UPDATE, DELETE or MERGE"
    leave = "Changing rows needs the scope mcp.write and MODIFY on the table."
    return Tool(
        name="execute_sql",
        title="Run SQL",
        description=f"Runs a {kinds} and returns its rows. {leave} {_HINTS}{UNTRUSTED}",
        input_schema=input_schema(catalog, _PROPERTIES, ["query"]),
        output_schema=output_schema(**RESULT, **long.STATE),
        may_write=True,
        run=partial(_run, catalog, writes=True),
    )


def _explain(catalog: str | None) -> Tool:
    return Tool(
        name="explain_query",
        title="Explain a query",
        description="Returns the plan of a statement as JSON, without running it.",
        input_schema=input_schema(catalog, _PROPERTIES, ["query"]),
        output_schema=output_schema(truncated_by=_TRUNCATED_BY),
        run=partial(_run_explain, catalog),
    )


async def run(wanted: Wanted, invocation: Invocation, *, writes: bool) -> Result:
    """Judge and run a statement; what takes too long goes on in the background."""
    may_write = writes and covers(invocation.grant.scopes, Scope.MCP_WRITE)
    statement = await _check(wanted, invocation, Leave(may_write), may_ask=writes)
    attempt = partial(invocation.attempt, statement.header.name)
    return await long.follow(statement, free_sql.run(statement, invocation.lowered, attempt), invocation)


async def _run(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation, *, writes: bool) -> Result:
    return await run(_wanted(catalog, arguments, invocation), invocation, writes=writes)


async def _run_explain(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    leave = Leave(covers(invocation.grant.scopes, Scope.MCP_WRITE), explain=True)
    statement = await _check(_wanted(catalog, arguments, invocation), invocation, leave, may_ask=True)
    return await free_sql.run(statement, invocation.lowered, partial(invocation.attempt, statement.header.name))


def _wanted(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Wanted:
    return Wanted(catalog_of(catalog, arguments, invocation), arguments["query"], arguments.get("parameters", ()))


async def _check(wanted: Wanted, invocation: Invocation, leave: Leave, *, may_ask: bool) -> Statement:
    """Ask the guard. A statement that writes without the scope is found here, before anything is sent."""
    try:
        return await free_sql.check(wanted, caller=caller_of(invocation.grant), leave=leave)
    except NotVisible:
        raise unknown(wanted.catalog) from None
    except Refused as refused:
        if refused.code == Code.NEEDS_WRITE and may_ask and not leave.may_write:
            raise NeedsScope(Scope.MCP_WRITE, refused.message) from None
        raise

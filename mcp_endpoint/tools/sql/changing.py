"""insert_rows: a narrow way to write, with a dry run (mcp.md 4.5)."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from catalog import inserting
from catalog.errors import NotVisible, Refused
from catalog.execution import Result
from catalog.inserting import MOST_ROWS, Table
from mcp_endpoint.tools.sql.where import catalog_of, input_schema, name
from mcp_endpoint.tools.tool import Invocation, Tool, caller_of, output_schema

_ROWS: Final = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_ROWS,
    "items": {"type": "object", "minProperties": 1},
    "description": "One object a row: column to value. A column that is left out gets its default.",
}
_DRY_RUN: Final = {
    "type": "boolean",
    "default": False,
    "description": "Insert, show the effect, and roll back. Numbers that a sequence gave are used up all the same.",
}


def tools(catalog: str | None) -> list[Tool]:
    """Return the tools that change data without SQL text."""
    properties = {
        "schema": name("Name of the schema."),
        "table": name("Name of the table."),
        "rows": _ROWS,
        "dry_run": _DRY_RUN,
    }
    return [
        Tool(
            name="insert_rows",
            title="Insert rows",
            description="Inserts rows into a table by typed values, all or none, and returns them as they were stored. "
            "Needs the scope mcp.write and MODIFY on the table. Try it first with dry_run.",
            input_schema=input_schema(catalog, properties, ["schema", "table", "rows"]),
            output_schema=output_schema(
                affected_rows={"type": "integer", "description": "Rows that changed, triggers included."},
                dry_run={"type": "boolean", "description": "Whether it was rolled back."},
            ),
            writes=True,
            run=partial(_run, catalog),
        )
    ]


async def _run(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    meant = catalog_of(catalog, arguments, invocation)
    table = Table(meant, arguments["schema"], arguments["table"])
    try:
        return await inserting.insert(
            table,
            arguments["rows"],
            caller=caller_of(invocation.grant),
            limits=invocation.lowered,
            dry_run=arguments.get("dry_run", False),
            attempt=partial(invocation.attempt, meant),
        )
    except NotVisible:
        message = f"There is no table {table.schema}.{table.name} that you may use. See list_tables."
        raise Refused("not_visible", message) from None

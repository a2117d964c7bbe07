"""create_table: a table from typed arguments, never SQL text (mcp.md 4.5)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from catalog import column_types, creating
from catalog.errors import NotVisible
from catalog.execution import Result
from catalog.new_table import MOST_COLUMNS, NewTable
from mcp_endpoint.tools.sql.where import catalog_of, input_schema, name, unknown
from mcp_endpoint.tools.tool import Invocation, Tool, caller_of, output_schema

_COLUMN: Final = {
    "type": "object",
    "properties": {
        "name": name("Letters, digits and _."),
        "type": {"type": "string", "enum": list(column_types.NAMES)},
        "length": {
            "type": "integer",
            "minimum": 1,
            "maximum": column_types.LONGEST,
            "description": "Of varchar, char.",
        },
        "precision": {
            "type": "integer",
            "minimum": 1,
            "maximum": column_types.MOST_DIGITS,
            "description": "Digits of numeric.",
        },
        "scale": {"type": "integer", "minimum": 0, "description": "Digits of numeric behind the point."},
        "is_array": {"type": "boolean", "default": False},
        "nullable": {"type": "boolean", "default": True},
        "default": {"description": "A value, written as insert_rows takes it. No expressions. null: no default."},
    },
    "required": ["name", "type"],
    "additionalProperties": False,
}
_COLUMNS: Final = {"type": "array", "minItems": 1, "maxItems": MOST_COLUMNS, "items": _COLUMN}
_KEY: Final = {
    "type": "array",
    "items": {"type": "string"},
    "uniqueItems": True,
    "maxItems": 32,  # PostgreSQL's own
    "description": "Names of columns.",
}
_DRY_RUN: Final = {"type": "boolean", "default": False, "description": "Create, show the effect, and roll back."}


def create_table(catalog: str | None, schema: str) -> Tool:
    """Return the tool. `schema` is the one of the catalog in which tables may be created, if the URL names a catalog."""
    properties = {
        "schema": {**name("Name of the schema."), **({"enum": [schema]} if catalog else {})},
        "table": name("Name of the new table: letters, digits and _."),
        "columns": _COLUMNS,
        "primary_key": _KEY,
        "dry_run": _DRY_RUN,
    }
    return Tool(
        name="create_table",
        title="Create a table",
        description="Creates a table from typed columns, and returns them as PostgreSQL made them. Works in one schema "
        "of a catalog, which an admin chose. Needs the scope mcp.write and MODIFY on that schema. Try it first with "
        "dry_run. Other tools know the table about a second later.",
        input_schema=input_schema(catalog, properties, ["schema", "table", "columns"]),
        output_schema=output_schema(
            table={"type": "string", "description": "schema.table"},
            dry_run={"type": "boolean", "description": "Whether it was rolled back."},
            statement={"type": "string", "description": "What was run, for auditors only."},
        ),
        writes=True,
        run=partial(_run, catalog),
    )


async def _run(catalog: str | None, arguments: Mapping[str, Any], invocation: Invocation) -> Result:
    meant = catalog_of(catalog, arguments, invocation)
    table = NewTable(
        catalog=meant,
        schema=arguments["schema"],
        name=arguments["table"],
        columns=arguments["columns"],
        primary_key=arguments.get("primary_key", ()),
    )
    try:
        created = await creating.create(
            table,
            caller=caller_of(invocation.grant),
            dry_run=arguments.get("dry_run", False),
            attempt=partial(invocation.attempt, meant),
        )
    except NotVisible:
        raise unknown(meant) from None
    if not invocation.grant.principal.is_auditor:
        return created.result
    return replace(created.result, extra={**created.result.extra, "statement": created.statement})

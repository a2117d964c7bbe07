"""SQL, one statement at a time. rest-api.md 5."""

from typing import Any

from cli.spec import Flag, Kind, Resource, Verb


def _with_parameters(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the body, in which `id=1` is a value for :id."""
    given = fields.get("parameters")
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return fields
    named = (each.partition("=") for each in given)
    return {**fields, "parameters": [{"name": name, "value": value} for name, _, value in named]}


STATEMENTS = Resource(
    "sql statements",
    "/api/2.0/sql/statements",
    "Statements: run one, fetch its result, end it.",
    (
        Verb(
            "execute",
            "POST",
            "",
            "Run a statement. Typed values by --json.",
            "--warehouse-id demo --statement 'SELECT name FROM sales.customers WHERE id = :id' --parameters id=1",
            flags=(
                Flag("statement", "One PostgreSQL statement, with :name for each value.", is_needed=True),
                Flag("warehouse-id", "Name of the catalog; or gatepost, with --catalog.", is_needed=True),
                Flag("catalog", "Name of the catalog."),
                Flag("schema", "The only schema of tables that are named without one."),
                Flag("parameters", "name=value, with commas.", Kind.LIST),
                Flag("row-limit", "Rows of the answer.", Kind.WHOLE),
                Flag("byte-limit", "Bytes of the answer.", Kind.WHOLE),
                Flag("wait-timeout", "How long to wait: 0s, or 5s to 50s; 10s when left out."),
                Flag("on-wait-timeout", "CONTINUE or CANCEL."),
            ),
            wrap=_with_parameters,
            takes_json=True,
        ),
        Verb("get", "GET", "/{statement_id}", "Show a statement of yours and its result.", "5f2c..."),
        Verb(
            "chunk",
            "GET",
            "/{statement_id}/result/chunks/{chunk_index}",
            "Show the rows of a statement of yours; all are in chunk 0.",
            "5f2c... 0",
        ),
        Verb("cancel", "POST", "/{statement_id}/cancel", "End a statement of yours.", "5f2c..."),
    ),
    columns=("statement_id", "status"),
)

RESOURCES = (STATEMENTS,)

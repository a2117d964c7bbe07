"""What is answered about a statement, in the words of the compatible API."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from accounts.api.fields import present
from catalog.errors import CallFailed
from catalog.execution import Result
from catalog.type_names import word

Document = dict[str, Any]

RUNNING: Final = "RUNNING"
_SQLSTATE: Final = re.compile(r"(?=.*[0-9])[0-9A-Z]{5}")
_ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "57014": "DEADLINE_EXCEEDED",
        "BUSY": "RESOURCE_EXHAUSTED",
        "BUDGET_CONCURRENT_CALLS": "RESOURCE_EXHAUSTED",
        "BUDGET_CALLS_PER_DAY": "RESOURCE_EXHAUSTED",
        "BUDGET_ROWS_PER_DAY": "RESOURCE_EXHAUSTED",
        "DATABASE_UNREACHABLE": "TEMPORARILY_UNAVAILABLE",
        "INTERRUPTED": "ABORTED",
        "INTERNAL": "INTERNAL_ERROR",
    }
)
ERRORS: Final = ("BAD_REQUEST", *sorted(set(_ERRORS.values())))


def statement(id_: str, result: Result) -> Document:
    """Return a statement that runs, or one that ended well with all its rows."""
    if result.extra.get("state") == RUNNING:
        return {"statement_id": id_, "status": {"state": RUNNING}}
    columns, rows = _table(result)
    chunk = {"chunk_index": 0, "row_offset": 0, "row_count": len(rows)}
    manifest = {
        "format": "JSON_ARRAY",
        "schema": {"column_count": len(columns), "columns": columns},
        "total_chunk_count": 1,
        "total_row_count": len(rows),
        "truncated": result.is_truncated,
        "chunks": [chunk],
    }
    found = {"status": {"state": "SUCCEEDED"}, "manifest": manifest, "result": {**chunk, "data_array": rows}}
    return {"statement_id": id_, **found}


def failed(id_: str, error: CallFailed) -> Document:
    """Return a statement that was refused, failed or was ended: our sentence, never what the database said."""
    if error.code == "CANCELED":
        return {"statement_id": id_, "status": {"state": "CANCELED"}}
    told = {"error_code": _ERRORS.get(error.code, "BAD_REQUEST"), "message": f"[{error.code}] {error.message}"}
    state = present(sql_state=error.code if _SQLSTATE.fullmatch(error.code) else None)
    return {"statement_id": id_, "status": {"state": "FAILED", "error": told, **state}}


def _table(result: Result) -> tuple[list[Document], list[list[str | None]]]:
    """Return columns and rows. A write without rows of its own tells how many it changed, as the compatible API does."""
    names, types, rows = result.columns, result.column_types, result.rows
    if not names and "affected_rows" in result.extra:
        names, types, rows = ("num_affected_rows",), ("int8",), [[result.extra["affected_rows"]]]
    columns = [
        {"name": name, "type_text": type_, "type_name": word(type_), "position": position}
        for position, (name, type_) in enumerate(zip(names, types, strict=True))
    ]
    return columns, [[_text(value) for value in row] for row in rows]


def _text(value: Any) -> str | None:
    """Return a value as text: numbers, truth and JSON as JSON writes them."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()

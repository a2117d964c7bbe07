"""What a command prints: a table for people, JSON for programs. Messages go to standard error."""

import json
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import typer

_MILLISECONDS = ("_time", "_at", "_day")


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


def show(value: Any, form: Format | None, columns: Sequence[str] = ()) -> None:
    """Print the answer."""
    if (form or (Format.TABLE if sys.stdout.isatty() else Format.JSON)) is Format.JSON:
        typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
    elif isinstance(value, list):
        typer.echo(table(value, columns) if value else "None.")
    elif value:
        typer.echo(_aligned([[name, _cell(name, inner)] for name, inner in _flat(value)]))
    else:
        typer.echo("Done.")


def tell(message: str) -> None:
    """Tell a person something that is no result."""
    typer.echo(message, err=True)


def table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Return rows under a heading. Without named columns: all of the first row."""
    names = list(columns or rows[0])
    cells = [[_cell(name, row.get(name)) for name in names] for row in rows]
    return _aligned([[name.upper() for name in names], *cells])


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    padded = ([cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _flat(value: dict[str, Any], path: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            found += _flat(inner, f"{path}{name}.")
        else:
            found.append((path + name, inner))
    return found


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith(_MILLISECONDS):
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, list):
        return ", ".join(_cell("", each) for each in value)
    if isinstance(value, dict):
        telling = (value[name] for name in ("display", "privilege", "message", "value") if value.get(name))
        return _cell("", next(telling, json.dumps(value, ensure_ascii=False)))
    return _harmless(str(value))


def _harmless(text: str) -> str:
    """Names come from many hands: nothing in them may steer the terminal or turn the line around."""
    return "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Zl", "Zp"} else " " for c in text)

"""A function as callers see it. Frozen values, made once for each version of a catalog."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.names import Named, overloaded, tool_names


@dataclass(frozen=True, slots=True)
class Argument:
    """One input. `name` is what callers say; `sql_name` is empty for an unnamed one."""

    name: str
    sql_name: str
    mode: str  # i, b or v as in pg_proc.proargmodes
    type: str
    has_default: bool
    default: str | None
    cast: tuple[str, str]  # schema and name of the type
    codec: str
    is_array: bool
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the result."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """One function (one overload). Compared and hashed by identity: each version of a catalog has its own."""

    catalog: str
    catalog_id: int
    schema: str
    name: str
    signature: str  # argument types joined by a comma; with schema and name the identity
    tool_name: str  # unique in the catalog; not the plain one when the name is overloaded or had to be changed
    arguments: tuple[Argument, ...]
    returns: str  # type
    returns_set: bool
    row_estimate: float  # what its author declared
    columns: tuple[Column, ...]  # never empty: a scalar result is the column `output`
    has_own_columns: bool
    row_type: tuple[str, str] | None  # schema and name of the table whose rows it returns
    comment: str
    writes: bool
    runs_as_owner: bool
    volatility: str
    has_changed: bool  # since an admin last looked: not to be called
    overloaded: bool
    input_schema: dict[str, Any]  # JSON Schema 2020-12
    rivals: tuple[tuple[Argument, ...], ...] = field(default=(), repr=False)  # inputs of the other overloads


def from_rows(catalog: str, catalog_id: int, schema: str, rows: Iterable[dict[str, Any]]) -> tuple[Function, ...]:
    """Make the functions of a schema from their stored rows, in the order of their tool names."""
    rows = list(rows)
    named = {row["id"]: Named(schema, row["name"], row["signature"]) for row in rows}
    names = tool_names(catalog, list(named.values()))
    several = overloaded(named.values())
    made = [
        _function(
            row, catalog, catalog_id, schema, names[named[row["id"]]], is_overloaded=(schema, row["name"]) in several
        )
        for row in rows
        if all(argument["input"] for argument in row["arguments"])
    ]
    return tuple(sorted(_with_rivals(made), key=lambda function: function.tool_name))


def _with_rivals(functions: Sequence[Function]) -> list[Function]:
    by_name: dict[str, list[Function]] = {}
    for function in functions:
        by_name.setdefault(function.name, []).append(function)
    return [
        replace(function, rivals=tuple(other.arguments for other in by_name[function.name] if other is not function))
        for function in functions
    ]


def _function(
    row: dict[str, Any], catalog: str, catalog_id: int, schema: str, tool_name: str, *, is_overloaded: bool
) -> Function:
    arguments = tuple(_argument(argument) for argument in row["arguments"])
    returns = row["returns"]
    own = tuple(Column(column["name"], column["type"]) for column in returns["columns"])
    return Function(
        catalog=catalog,
        catalog_id=catalog_id,
        schema=schema,
        name=row["name"],
        signature=row["signature"],
        tool_name=tool_name,
        arguments=arguments,
        returns=returns["type"],
        returns_set=returns["set"],
        row_estimate=returns["rows"],
        columns=own or (Column("output", returns["type"]),),
        has_own_columns=bool(own),
        row_type=tuple(returns["row_type"]) if "row_type" in returns else None,
        comment=row["comment"],
        writes=row["writes"],
        runs_as_owner=row["runs_as_owner"],
        volatility=row["volatility"],
        has_changed=row["has_changed"],
        overloaded=is_overloaded,
        input_schema=_input_schema(arguments),
    )


def _argument(stored: dict[str, Any]) -> Argument:
    how = stored["input"]
    return Argument(
        name=stored["shown"],
        sql_name=stored["name"],
        mode=stored["mode"],
        type=stored["type"],
        has_default=stored["has_default"],
        default=stored.get("default"),
        cast=(how["cast"][0], how["cast"][1]),
        codec=how["codec"],
        is_array=how["is_array"],
        schema=how["schema"],
    )


def _input_schema(arguments: Sequence[Argument]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {argument.name: argument.schema for argument in arguments},
        "required": [argument.name for argument in arguments if not argument.has_default],
        "additionalProperties": False,
    }

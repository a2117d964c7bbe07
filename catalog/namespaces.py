"""What names mean in each schema, as the copy keeps it for the guard of free SQL. Pure: no database, no Django."""

from typing import Any, Final

from catalog.pg_catalog import Reading, Row
from catalog.types import base_of, is_pseudo

_OUTPUT_MODES: Final = frozenset("obt")  # OUT, INOUT, TABLE
_ROW_KINDS: Final = frozenset("cp")  # pg_type.typtype: a row type, a pseudo-type such as anyelement

Meanings = dict[str, Any]


def described(reading: Reading) -> dict[str, Meanings]:
    """Return the meanings of names by schema; `pg_catalog` has the names of its functions and types only."""
    found: dict[str, Meanings] = {row["name"]: {"relations": {}, "functions": {}} for row in reading.schemas.values()}
    for row in reading.names.others:
        found.setdefault(row["schema"], {}).setdefault(row["what"], []).append(row["name"])
    for row in reading.names.relations:
        found[row["schema"]]["relations"][row["name"]] = _relation(row, reading)
    for row in reading.names.functions:
        found[row["schema"]]["functions"].setdefault(row["name"], []).append(_overload(row, reading))
    return found


def _relation(row: Row, reading: Reading) -> Meanings:
    oid, columns = row["oid"], reading.columns.get(row["oid"], [])
    told = {
        "offered": oid in reading.relations,
        "runs_as_owner": row["runs_as_owner"] or (row["kind"] == "v" and oid in reading.names.calls_as_owner),
        "reads": sorted(map(list, reading.names.reads.get(oid, ()))),
        "fields": {column["name"]: fields for column in columns if (fields := _fields(column["type"], reading))},
    }
    return {
        "kind": row["kind"],
        "columns": [column["name"] for column in columns],
        **{name: value for name, value in told.items() if value},
    }


def _fields(type_: int, reading: Reading) -> list[str]:
    """Return the attributes of a composite type. A domain over one is left out: less is known, more is refused."""
    found = reading.types[type_]
    return [column["name"] for column in reading.columns.get(found.relation, ())] if found.kind == "c" else []


def _overload(row: Row, reading: Reading) -> Meanings:
    inputs = [reading.types[oid] for oid in row["inputs"]]
    told = {
        "callable": row["is_callable"],
        "reviewed": row["is_reviewed"],
        "runs_as_owner": row["runs_as_owner"],
        "volatile": row["volatile"],
        "rows_of": _table_of(row, reading),
        "takes_row": len(inputs) - row["defaults"] <= 1 and bool(inputs) and _is_row(inputs[0], reading),
    }
    return {
        "signature": ",".join(type_.label for type_ in inputs),
        "columns": _result_columns(row, reading),
        **{name: value for name, value in told.items() if value},
    }


def _table_of(row: Row, reading: Reading) -> list[str] | None:
    """Return schema and name of the table whose rows a function returns."""
    base = base_of(reading.types[row["returns"]], reading.types)
    table = reading.relations.get(base.relation) if base.kind == "c" else None
    return [reading.schemas[table["schema"]]["name"], table["name"]] if table else None


def _is_row(type_: Any, reading: Reading) -> bool:
    base = base_of(type_, reading.types)
    return base.kind in _ROW_KINDS or is_pseudo(type_, reading.types)


def _result_columns(row: Row, reading: Reading) -> list[str] | None:
    """Return the columns of the result: none for a scalar, None where the call or an OUT parameter decides."""
    names = row["argument_names"] or [""] * len(row["types"])
    modes = row["modes"] or ["i"] * len(row["types"])
    outputs = [name for name, mode in zip(names, modes, strict=True) if mode in _OUTPUT_MODES]
    if outputs:
        return None if len(outputs) == 1 or "" in outputs else outputs
    base = base_of(reading.types[row["returns"]], reading.types)
    if base.kind == "c":
        return [column["name"] for column in reading.columns.get(base.relation, ())] or None
    return None if is_pseudo(base, reading.types) else []

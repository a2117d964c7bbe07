"""Rows of pg_catalog as the introspected models keep them. Pure: no database, no Django."""

from typing import Any, Final

from catalog.names import argument_names
from catalog.pg_catalog import Reading, Row
from catalog.type_names import type_name
from catalog.types import PgType, as_input, base_of, is_pseudo, operators

_INPUT_MODES: Final = frozenset("ibv")  # IN, INOUT, VARIADIC
_OUTPUT_MODES: Final = frozenset("obt")  # OUT, INOUT, TABLE


def relation(row: Row, reading: Reading) -> dict[str, Any]:
    """Describe a table or view: the columns that the login role may read, and the keys over these."""
    visible = {column["number"]: column for column in reading.columns.get(row["oid"], ()) if column["readable"]}
    return {
        **{name: row[name] for name in ("name", "kind", "comment", "owner", "row_estimate", "runs_as_owner")},
        "columns": [_column(column, reading) for column in visible.values()],
        "keys": [key for found in reading.keys.get(row["oid"], ()) if (key := _key(found, reading, visible))],
        "indexes": [
            _index(found, visible)
            for found in reading.indexes.get(row["oid"], ())
            if set(found["columns"]) <= set(visible)
        ],
    }


def _column(row: Row, reading: Reading) -> dict[str, Any]:
    type_ = reading.types[row["type"]]
    base = base_of(type_, reading.types)
    details = {
        "default": row["default"],
        "comment": row["comment"],
        "generated": row["generated"],
        "identity": row["identity"],
        "labels": list(base.labels),
        "base": type_.base_label,
        "checks": list(type_.checks),
        "operators": list(operators(type_, reading.types)),
    }
    told = {name: value for name, value in details.items() if value}
    type_word = type_name(type_, reading.types)
    found = as_input(type_, reading.types)
    how = {"input": found.as_json() if found else None, "base_type": [base.schema, base.name]}
    return {
        "name": row["name"],
        "type": row["label"],
        "type_name": type_word,
        "nullable": row["nullable"],
        **told,
        **how,
    }


def _key(row: Row, reading: Reading, visible: dict[int, Row]) -> dict[str, Any] | None:
    """Describe a key, unless it names a column or a table that the login role may not read."""
    if not set(row["columns"]) <= set(visible):
        return None
    key = {"kind": row["kind"], "columns": [visible[number]["name"] for number in row["columns"]]}
    if row["referenced"] is None:
        return key
    target = reading.relations.get(row["referenced"])
    names = {
        other["number"]: other["name"] for other in reading.columns.get(row["referenced"], ()) if other["readable"]
    }
    if target is None or not set(row["referenced_columns"]) <= set(names):
        return None
    schema = reading.schemas[target["schema"]]["name"]
    columns = [names[number] for number in row["referenced_columns"]]
    return {**key, "references": {"schema": schema, "table": target["name"], "columns": columns}}


def _index(row: Row, visible: dict[int, Row]) -> dict[str, Any]:
    """Describe an index; one of pgvector with its operator class, the dimensions of its vectors and the version."""
    index = {name: row[name] for name in ("name", "method", "unique", "primary")}
    index["columns"] = [visible[number]["name"] for number in row["columns"]]
    if row["extension_version"] is None:
        return index
    return {**index, "opclass": row["opclass"], "dimensions": row["modifier"], "version": row["extension_version"]}


def function(row: Row, reading: Reading) -> dict[str, Any] | None:
    """Describe a function. None: one that no call from outside can name (trigger, internal, polymorphic, bare record)."""
    types = [reading.types[oid] for oid in row["types"]]
    modes = row["modes"] or ["i"] * len(types)
    inputs = [type_ for type_, mode in zip(types, modes, strict=True) if mode in _INPUT_MODES]
    returns = _returns(row, reading, types, modes)
    if returns is None or any(is_pseudo(type_, reading.types) for type_ in inputs):
        return None
    return {
        **{
            name: row[name]
            for name in ("name", "comment", "owner", "language", "volatility", "strict", "runs_as_owner")
        },
        "signature": ",".join(type_.label for type_ in inputs),
        "arguments": _arguments(row, reading, types, modes),
        "returns": returns,
    }


def _arguments(row: Row, reading: Reading, types: list[PgType], modes: list[str]) -> list[dict[str, Any]]:
    names = row["argument_names"] or [""] * len(types)
    texts = row["default_texts"] or [None] * len(types)
    arguments = []
    for type_, mode, name, text in zip(types, modes, names, texts, strict=True):
        if mode not in _INPUT_MODES:
            continue
        found = as_input(type_, reading.types)
        default = {"default": text} if text is not None else {}
        how = {"type_name": type_name(type_, reading.types), "input": found.as_json() if found else None}
        arguments.append(
            {"name": name, "mode": mode, "type": type_.label, "has_default": text is not None, **default, **how}
        )
    shown = argument_names([argument["name"] for argument in arguments])
    return [{"shown": as_name, **argument} for as_name, argument in zip(shown, arguments, strict=True)]


def _returns(row: Row, reading: Reading, types: list[PgType], modes: list[str]) -> dict[str, Any] | None:
    """Describe the result: its type, whether it is a set, and its columns when it has some of its own."""
    type_ = reading.types[row["returns"]]
    names = row["argument_names"] or [""] * len(types)
    outputs = [(name, out) for name, out, mode in zip(names, types, modes, strict=True) if mode in _OUTPUT_MODES]
    columns = [
        {"name": name or f"column{number}", "type": out.label, "type_name": type_name(out, reading.types)}
        for number, (name, out) in enumerate(outputs, 1)
    ]
    base = base_of(type_, reading.types)
    if len(columns) == 1 and not row["returns_set"]:
        columns = []  # one OUT parameter is a scalar result
    if not columns and base.kind == "c":
        columns = [_result_column(column, reading) for column in reading.columns.get(base.relation, ())]
    if is_pseudo(type_, reading.types) and type_.name != "void" and not (type_.name == "record" and columns):
        return None
    type_word = type_name(type_, reading.types)
    table = reading.relations.get(base.relation) if base.kind == "c" else None
    rows_of = {"row_type": [reading.schemas[table["schema"]]["name"], table["name"]]} if table else {}
    return {
        "type": type_.label,
        "type_name": type_word,
        "set": row["returns_set"],
        "rows": row["rows"],
        "columns": columns,
        **rows_of,
    }


def _result_column(row: Row, reading: Reading) -> dict[str, Any]:
    type_word = type_name(reading.types[row["type"]], reading.types)
    return {"name": row["name"], "type": row["label"], "type_name": type_word}

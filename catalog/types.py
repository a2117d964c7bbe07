"""PostgreSQL types as JSON Schema 2020-12 for the inputs of functions, and how their JSON values are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

Codec = Literal["text", "json", "bytea"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PgType:
    """One row of pg_type with what belongs to it. `label` is what format_type prints."""

    oid: int
    schema: str
    name: str
    label: str
    kind: str  # pg_type.typtype: b, c, d, e, m, p or r
    relation: int  # oid of the row type's relation, or 0
    element: int | None  # oid of the element type of a true array
    base: int  # oid of a domain's base type, or 0
    base_label: str | None
    base_modifier: int
    labels: tuple[str, ...]  # of an enum
    checks: tuple[str, ...]  # of a domain
    sorts: bool = False  # it has a default order of its own (a btree operator class)


Types = Mapping[int, PgType]


@dataclass(frozen=True, slots=True)
class Input:
    """How a value gets into an argument: the type it is cast to, how it is written, and its JSON Schema."""

    cast: tuple[str, str]  # schema and name of the type
    codec: Codec
    is_array: bool
    schema: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the input as it is stored."""
        return {"cast": list(self.cast), "codec": self.codec, "is_array": self.is_array, "schema": self.schema}


def base_of(type_: PgType, types: Types) -> PgType:
    """Return the type under a domain, through domains over domains."""
    while type_.kind == "d":
        type_ = types[type_.base]
    return type_


def is_pseudo(type_: PgType, types: Types) -> bool:
    """Tell whether no value of it can be named: polymorphic, internal, trigger and the like, or an array of such."""
    base = base_of(type_, types)
    return base.kind == "p" or (base.element is not None and is_pseudo(types[base.element], types))


def operators(type_: PgType, types: Types) -> tuple[str, ...]:
    """Return the comparisons that filters may use on a column: what pg_catalog's own operators can do with it."""
    base = base_of(type_, types)
    if as_input(type_, types) is None or not _compares(base, types):
        return ()
    text = ("like", "ilike") if base.schema == "pg_catalog" and base.name in _TEXTS else ()
    inside = ("contains",) if base.element is not None or base.name == "jsonb" else ()
    listed = ("in",) if base.element is None else ()
    return ("eq", "ne", "lt", "lte", "gt", "gte", *listed, *text, *inside)


def _compares(base: PgType, types: Types) -> bool:
    """Tell whether =, < and ORDER BY work on it. Operators of other schemas are not on the path of a session."""
    if base.element is not None:
        return _compares(base_of(types[base.element], types), types)
    if base.kind in {"e", "r", "m"}:
        return True
    return base.schema == "pg_catalog" and (base.sorts or base.name == "varchar")  # varchar sorts as text


def as_input(type_: PgType, types: Types) -> Input | None:
    """Say how a JSON value becomes an argument of this type. None: row types, which have no clean JSON form yet."""
    base = base_of(type_, types)
    core = base if base.element is None else base_of(types[base.element], types)
    if core.kind == "c" or core.element is not None:
        return None
    return Input((type_.schema, type_.name), _codec(core), base.element is not None, json_schema(type_, types))


def json_schema(type_: PgType, types: Types) -> dict[str, Any]:
    """Return the JSON Schema of a type. What PostgreSQL alone can check, it checks."""
    if type_.kind == "d":
        return _domain(type_, types)
    if type_.element is not None:
        return {"type": "array", "items": json_schema(types[type_.element], types)}
    if type_.kind == "e":
        return {"type": "string", "enum": list(type_.labels)}
    if type_.schema == "pg_catalog" and type_.name in _SCHEMAS:
        return dict(_SCHEMAS[type_.name])
    return {"type": "string", "description": f"PostgreSQL {type_.label}"}


def _domain(domain: PgType, types: Types) -> dict[str, Any]:
    schema = json_schema(types[domain.base], types)
    if base_of(domain, types).name in {"varchar", "bpchar"} and domain.base_modifier > _LENGTH_OFFSET:
        schema["maxLength"] = domain.base_modifier - _LENGTH_OFFSET
    said = " ".join((domain.label, *domain.checks))
    return {**schema, "description": "; ".join(filter(None, (said, schema.get("description"))))}


def _codec(core: PgType) -> Codec:
    if core.schema == "pg_catalog" and core.name in {"json", "jsonb"}:
        return "json"
    return "bytea" if (core.schema, core.name) == ("pg_catalog", "bytea") else "text"


def _integer(bits: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}


def _text(description: str = "", **rules: Any) -> dict[str, Any]:
    return {"type": "string", **rules, **({"description": description} if description else {})}


_TEXTS: Final = frozenset({"text", "varchar", "bpchar", "name"})
_LENGTH_OFFSET: Final = 4  # pg_type.typtypmod of varchar(n) is n + 4

_SCHEMAS: Final[Mapping[str, dict[str, Any]]] = MappingProxyType(
    {
        "int2": _integer(16),
        "int4": _integer(32),
        # Clients whose numbers are doubles send large values as text.
        "int8": {**_integer(64), "type": ["integer", "string"], "pattern": "^[+-]?[0-9]{1,19}$"},
        "numeric": {"type": ["number", "string"], "pattern": "^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"},
        "float4": {"type": "number"},
        "float8": {"type": "number"},
        "bool": {"type": "boolean"},
        "text": _text(),
        "varchar": _text(),
        "bpchar": _text(),
        "name": _text(),
        "uuid": _text(format="uuid"),
        "date": _text(format="date"),
        "timestamptz": _text(format="date-time"),
        "timestamp": _text("Date and time without a zone, for example 2026-03-31T15:00:00"),
        "time": _text("Time of day without a zone, for example 15:00:00"),
        "timetz": _text(format="time"),
        "interval": _text("Duration, for example P3D or 3 days"),
        "bytea": _text(contentEncoding="base64"),
        "json": {},
        "jsonb": {},
    }
)

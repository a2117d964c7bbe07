"""PostgreSQL's text output as JSON-ready values (mcp.md 4.2). What is not listed here stays text."""

import base64
import math
from types import NoneType
from typing import Any, Final

import orjson
from psycopg import AsyncConnection, postgres
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader
from psycopg.types import TypeInfo
from psycopg.types.array import register_array
from psycopg.types.bool import BoolLoader
from psycopg.types.none import NoneDumper
from psycopg.types.numeric import IntLoader
from psycopg.types.string import StrDumperUnknown, TextLoader

_EXACT: Final = 2**53 - 1  # the largest whole number that every JSON reader keeps
_ANY_OTHER_TYPE: Final = 0


class _Big(Loader):
    """int8: a number where every reader keeps it, else text."""

    def load(self, data: Buffer) -> int | str:
        number = int(bytes(data))
        return number if -_EXACT <= number <= _EXACT else str(number)


class _Float(Loader):
    """float4, float8: JSON has no NaN and no infinities."""

    def load(self, data: Buffer) -> float | str:
        number = float(bytes(data))
        return number if math.isfinite(number) else bytes(data).decode()


class _Moment(Loader):
    """timestamp, timestamptz: ISO 8601. Infinity and years before Christ stay as PostgreSQL writes them."""

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        if not text[:1].isdigit() or text.endswith("BC"):
            return text
        moment = text.replace(" ", "T", 1)
        return moment[:-3] + "Z" if moment.endswith("+00") else moment


class _Bytes(Loader):
    """bytea: base64."""

    def load(self, data: Buffer) -> str:
        return base64.b64encode(bytes.fromhex(bytes(data)[2:].decode())).decode()


class _Json(Loader):
    """json, jsonb: the value. What a JSON reader cannot hold (half a surrogate pair, depth) stays text."""

    def load(self, data: Buffer) -> Any:
        raw = bytes(data)
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            return raw.decode()


class _Void(Loader):
    """void: nothing."""

    def load(self, data: Buffer) -> None:
        return None


_LOADERS: Final[dict[str, type[Loader]]] = {
    "int2": IntLoader,
    "int4": IntLoader,
    "int8": _Big,
    "float4": _Float,
    "float8": _Float,
    "bool": BoolLoader,
    "timestamp": _Moment,
    "timestamptz": _Moment,
    "bytea": _Bytes,
    "json": _Json,
    "jsonb": _Json,
}
_VOID: Final = 2278


def adapters() -> AdaptersMap:
    """Return a map for connections: text in, and nothing out but what a JSON answer can hold."""
    made = AdaptersMap(types=postgres.types)
    made.register_dumper(str, StrDumperUnknown)
    made.register_dumper(NoneType, NoneDumper)
    made.register_loader(_ANY_OTHER_TYPE, TextLoader)
    made.register_loader(_VOID, _Void)
    for name, loader in _LOADERS.items():
        made.register_loader(name, loader)
    for info in postgres.types:
        if info.array_oid:
            register_array(info, made)
    return made


_ARRAYS: Final = """
SELECT t.typname, t.oid, t.typarray, t.typdelim FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typarray <> 0 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND coalesce(c.relkind, 'c') = 'c'
"""


async def register_own_types(connection: AsyncConnection[Any], *maps: AdaptersMap) -> None:
    """Make arrays of the database's own enums, domains and row types come out as arrays."""
    for name, oid, array_oid, delimiter in await (await connection.execute(_ARRAYS)).fetchall():
        info = TypeInfo(str(name), int(oid), int(array_oid), delimiter=str(delimiter))
        for made in maps:
            register_array(info, made)

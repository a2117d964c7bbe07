"""What the login role may use in a database: one pass over pg_catalog, one query for each kind of thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from catalog import pg_names
from catalog.pg_names import FoundNames
from catalog.types import PgType

Row = dict[str, Any]

# Members of an extension are its own machinery (dblink, say), not what an owner wrote for callers.
_NOT_OF_EXTENSION: Final = """NOT EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'e' AND d.objid = {oid}
    AND d.classid = '{table}'::regclass)"""
_USABLE_SCHEMA: Final = "nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')"

_SCHEMAS: Final = f"""
SELECT n.oid, nspname AS name, coalesce(obj_description(n.oid, 'pg_namespace'), '') AS comment,
    pg_get_userbyid(nspowner) AS owner
FROM pg_namespace n WHERE {_USABLE_SCHEMA}
"""  # noqa: S608 - made of constants

_TYPES: Final = """
SELECT t.oid, n.nspname AS schema, t.typname AS name, format_type(t.oid, NULL) AS label, t.typtype AS kind,
    t.typrelid AS relation, e.oid AS element, t.typbasetype AS base,
    format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_label, t.typtypmod AS base_modifier,
    CASE t.typtype WHEN 'e' THEN ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)
        ELSE '{}' END AS labels,
    CASE t.typtype WHEN 'd' THEN ARRAY(SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c
        WHERE c.contypid = t.oid AND c.contype = 'c' ORDER BY c.conname) ELSE '{}' END AS checks,
    EXISTS (SELECT FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod
        WHERE a.amname = 'btree' AND o.opcdefault AND o.opcintype = t.oid) AS sorts
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
"""

_RELATIONS: Final = f"""
SELECT c.oid, n.oid AS schema, relname AS name, relkind AS kind, coalesce(obj_description(c.oid, 'pg_class'), '') AS comment,
    pg_get_userbyid(relowner) AS owner, reltuples::bigint AS row_estimate,
    relkind = 'v' AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(reloptions)
        WHERE option_name = 'security_invoker'), false) AS runs_as_owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_USABLE_SCHEMA} AND relkind IN ('r', 'p', 'f', 'v', 'm') AND has_any_column_privilege(c.oid, 'SELECT')
AND {_NOT_OF_EXTENSION.format(oid="c.oid", table="pg_class")}
"""  # noqa: S608 - made of constants

# Row types too: they are the results of functions, whether or not the role may read the table behind them.
_COLUMNS: Final = """
SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS label,
    a.atttypid AS type, NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS default,
    col_description(a.attrelid, a.attnum) AS comment, a.attgenerated <> '' AS generated, a.attidentity <> '' AS identity,
    c.relkind = 'c' OR has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY a.attrelid, a.attnum
"""

_KEYS: Final = """
SELECT conrelid AS relation, contype AS kind, conkey AS columns, nullif(confrelid, 0) AS referenced, confkey AS referenced_columns
FROM pg_constraint WHERE contype IN ('p', 'u', 'f') ORDER BY conrelid, contype <> 'p', conname
"""

# An index over expressions, or over a part of the rows, says nothing about columns.
_INDEXES: Final = """
SELECT i.indrelid AS relation, c.relname AS name, m.amname AS method, i.indisunique AS unique, i.indisprimary AS primary,
    (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns, o.opcname AS opclass, x.extversion AS extension_version,
    nullif(a.atttypmod, -1) AS modifier
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
JOIN pg_opclass o ON o.oid = i.indclass[0] JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
LEFT JOIN pg_depend d ON d.classid = 'pg_am'::regclass AND d.objid = m.oid AND d.deptype = 'e'
LEFT JOIN pg_extension x ON x.oid = d.refobjid
WHERE i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL ORDER BY i.indrelid, NOT i.indisprimary, c.relname
"""

_FUNCTIONS: Final = f"""
SELECT n.oid AS schema, proname AS name, proargnames AS argument_names, proargmodes::text[] AS modes,
    coalesce(proallargtypes, proargtypes::oid[]) AS types, pronargdefaults AS defaults,
    CASE WHEN pronargdefaults > 0 THEN ARRAY(SELECT pg_get_function_arg_default(p.oid, i) FROM generate_series(1,
        cardinality(coalesce(proallargtypes, proargtypes::oid[]))) AS i) END AS default_texts,
    prorettype AS returns, proretset AS returns_set, prorows AS rows, provolatile AS volatility, proisstrict AS strict,
    prosecdef AS runs_as_owner, l.lanname AS language, coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment,
    pg_get_userbyid(proowner) AS owner
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE {_USABLE_SCHEMA} AND prokind = 'f' AND has_function_privilege(p.oid, 'EXECUTE')
AND {_NOT_OF_EXTENSION.format(oid="p.oid", table="pg_proc")}
"""  # noqa: S608 - made of constants


# The one that the login role gets when it names none comes first. Names outside pg_catalog are printed with their schema.
_CONFIGURATIONS: Final = """
SELECT c.oid::regconfig::text AS name FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
WHERE has_schema_privilege(n.oid, 'USAGE') ORDER BY c.oid <> get_current_ts_config(), 1
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of one pass. Object ids are only good for joining them with each other."""

    schemas: dict[int, Row]
    relations: dict[int, Row]
    columns: dict[int, list[Row]]
    keys: dict[int, list[Row]]
    indexes: dict[int, list[Row]]
    functions: list[Row]
    types: dict[int, PgType]
    names: FoundNames
    configurations: list[str]  # of text search


def read(connection: Connection[Any]) -> Reading:
    """Read everything in one snapshot. format_type qualifies names outside pg_catalog, since the path has no other."""
    with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return Reading(
            schemas={row["oid"]: row for row in cursor.execute(_SCHEMAS)},
            relations={row["oid"]: row for row in cursor.execute(_RELATIONS)},
            columns=_grouped(cursor.execute(_COLUMNS).fetchall()),
            keys=_grouped(cursor.execute(_KEYS).fetchall()),
            indexes=_grouped(cursor.execute(_INDEXES).fetchall()),
            functions=cursor.execute(_FUNCTIONS).fetchall(),
            types={row["oid"]: _type(row) for row in cursor.execute(_TYPES)},
            names=pg_names.read(cursor),
            configurations=[row["name"] for row in cursor.execute(_CONFIGURATIONS)],
        )


def _grouped(rows: Iterable[Row]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["relation"], []).append(row)
    return groups


def _type(row: Row) -> PgType:
    return PgType(**{**row, "labels": tuple(row["labels"]), "checks": tuple(row["checks"])})

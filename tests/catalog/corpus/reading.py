"""Reads from a real database what the guard must know of it."""

from collections.abc import Mapping

import psycopg

from catalog.guard import Held, Names, Overload, Relation
from catalog.guard.names import Name

RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, array_agg(a.attname::text ORDER BY a.attnum),
       c.relkind = 'v' AND NOT coalesce(c.reloptions::text ~ 'security_invoker=(true|on|1)', false)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ANY (%s) AND c.relkind = ANY ('{r,p,v,m,f}') GROUP BY 1, 2, 3, 5
"""
VIEWS = """
SELECT DISTINCT vn.nspname, v.relname, bn.nspname, b.relname
FROM pg_class v JOIN pg_namespace vn ON vn.oid = v.relnamespace JOIN pg_rewrite r ON r.ev_class = v.oid
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class b ON b.oid = d.refobjid AND b.oid <> v.oid JOIN pg_namespace bn ON bn.oid = b.relnamespace
WHERE vn.nspname = ANY (%s) AND v.relkind = 'v'
"""
FUNCTIONS = """
SELECT n.nspname, p.proname, p.prosecdef,
       p.pronargs - p.pronargdefaults <= 1 AND p.pronargs >= 1 AND t.typtype IN ('c', 'p'),
       CASE WHEN r.typtype = 'b' OR r.typtype = 'e' THEN '{}'::text[] END, p.prokind = 'f'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_type r ON r.oid = p.prorettype
LEFT JOIN pg_type t ON t.oid = p.proargtypes[0]
WHERE n.nspname = ANY (%s)
"""


def read_names(
    connection: psycopg.Connection,
    *,
    path: tuple[str, ...],
    usable: frozenset[str],
    select: Mapping[Name, Held],
    modify: Mapping[Name, Held],
    execute: Mapping[Name, Held],
) -> Names:
    schemas = list(path)
    reads: dict[Name, frozenset[Name]] = {}
    for schema, name, base_schema, base in connection.execute(VIEWS, [schemas]):
        reads[schema, name] = reads.get((schema, name), frozenset()) | {(base_schema, base)}
    functions: dict[Name, tuple[Overload, ...]] = {}
    for schema, name, definer, takes_row, columns, callable_ in connection.execute(FUNCTIONS, [schemas]):
        key = (schema, name)
        held = execute.get(key, Held.NO) if callable_ else Held.NO
        overload = Overload(
            execute=held,
            runs_as_owner=definer,
            takes_row=bool(takes_row),
            columns=None if columns is None else tuple(columns),
        )
        functions[key] = (*functions.get(key, ()), overload)
    return Names(
        search_path=path,
        usable=usable,
        relations={
            (schema, name): Relation(
                columns=tuple(columns),
                kind=kind,
                runs_as_owner=as_owner,
                select=select.get((schema, name), Held.NO),
                modify=modify.get((schema, name), Held.NO),
                reads=reads.get((schema, name), frozenset()),
            )
            for schema, name, kind, columns, as_owner in connection.execute(RELATIONS, [schemas])
        },
        functions=functions,
        system_functions=_names(connection, "pg_proc", "proname", "pronamespace"),
        system_types=_names(connection, "pg_type", "typname", "typnamespace"),
        trusted=frozenset({"vectors"}) & frozenset(path),
        types=_pairs(connection, "pg_type", "typname", "typnamespace", schemas),
        operators=_pairs(connection, "pg_operator", "oprname", "oprnamespace", schemas),
        collations=_pairs(connection, "pg_collation", "collname", "collnamespace", schemas),
    )


def _names(connection, table, column, namespace) -> frozenset[str]:
    rows = connection.execute(f"SELECT {column} FROM {table} WHERE {namespace} = 'pg_catalog'::regnamespace")
    return frozenset(name for (name,) in rows)


def _pairs(connection, table, column, namespace, schemas) -> frozenset[Name]:
    query = f"SELECT n.nspname, o.{column} FROM {table} o JOIN pg_namespace n ON n.oid = o.{namespace} WHERE n.nspname = ANY (%s)"
    return frozenset(connection.execute(query, [schemas]))

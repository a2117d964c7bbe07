"""What names mean in a database, whether anybody may use them or not: for the guard of free SQL. Part of pg_catalog.read."""

from dataclasses import dataclass
from typing import Any, Final

from psycopg import Cursor

Row = dict[str, Any]

# The schemas on the pinned path: those that the login role may use.
_ON_PATH: Final = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(n.oid, 'USAGE')"

_RELATIONS: Final = f"""
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
    c.relkind = 'v' AND NOT coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
        WHERE option_name = 'security_invoker'), false) AS runs_as_owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_ON_PATH} AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
"""  # noqa: S608 - made of constants

_READS: Final = """
SELECT DISTINCT v.oid AS view, n.nspname AS schema, b.relname AS name
FROM pg_class v JOIN pg_rewrite r ON r.ev_class = v.oid
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
JOIN pg_class b ON b.oid = d.refobjid AND b.oid <> v.oid JOIN pg_namespace n ON n.oid = b.relnamespace
WHERE v.relkind = 'v'
"""

# A view that calls such a function shows what the function's owner may see, by a function or by an operator.
_CALLS_AS_OWNER: Final = """
SELECT DISTINCT r.ev_class AS view FROM pg_rewrite r
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
JOIN pg_proc p ON p.oid = CASE WHEN d.refclassid = 'pg_proc'::regclass THEN d.refobjid ELSE o.oprcode END
WHERE p.prosecdef
"""

# They only compute: a bare `=`, `sum` or `min` need not wait until an admin trusts the schema that holds them.
_REVIEWED_EXTENSIONS: Final = (
    "('vector', 'pg_trgm', 'citext', 'hstore', 'ltree', 'intarray', 'cube', 'btree_gist', 'postgis')"
)

_FUNCTIONS: Final = f"""
SELECT n.nspname AS schema, p.proname AS name, p.proargtypes::oid[] AS inputs, p.pronargdefaults AS defaults,
    p.proargnames AS argument_names, p.proargmodes::text[] AS modes, coalesce(p.proallargtypes, p.proargtypes::oid[]) AS types,
    p.prorettype AS returns, p.proretset AS returns_set, p.prosecdef AS runs_as_owner, p.provolatile = 'v' AS volatile,
    p.prokind = 'f' AND has_function_privilege(p.oid, 'EXECUTE') AND NOT EXISTS (SELECT FROM pg_depend d
        WHERE d.deptype = 'e' AND d.objid = p.oid AND d.classid = 'pg_proc'::regclass) AS is_callable,
    p.prokind IN ('f', 'a') AND p.provolatile = 'i' AND NOT p.prosecdef AND EXISTS (SELECT FROM pg_depend d
        JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
        AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname <> 'postgis' AND e.extname IN {_REVIEWED_EXTENSIONS}) AS is_reviewed
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {_ON_PATH} ORDER BY n.nspname, p.proname, p.oid
"""  # noqa: S608 - made of constants

_OTHERS: Final = f"""
SELECT n.nspname AS schema, 'types' AS what, t.typname AS name FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {_ON_PATH}
UNION SELECT n.nspname, 'operators', o.oprname FROM pg_operator o
    JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE {_ON_PATH} AND NOT EXISTS (SELECT FROM pg_depend d
        JOIN pg_extension e ON e.oid = d.refobjid WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid
        AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname IN {_REVIEWED_EXTENSIONS})
UNION SELECT n.nspname, 'collations', c.collname FROM pg_collation c
    JOIN pg_namespace n ON n.oid = c.collnamespace WHERE {_ON_PATH}
UNION SELECT 'pg_catalog', 'types', typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
UNION SELECT 'pg_catalog', 'functions', proname FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
ORDER BY 1, 2, 3
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class FoundNames:
    """The rows of one pass."""

    relations: list[Row]
    reads: dict[int, list[tuple[str, str]]]  # of a view: what its query names
    calls_as_owner: frozenset[int]  # views
    functions: list[Row]
    others: list[Row]


def read(cursor: Cursor[Row]) -> FoundNames:
    """Read everything that a name can mean on the path, in the transaction of the cursor."""
    reads: dict[int, list[tuple[str, str]]] = {}
    for row in cursor.execute(_READS):
        reads.setdefault(row["view"], []).append((row["schema"], row["name"]))
    return FoundNames(
        relations=cursor.execute(_RELATIONS).fetchall(),
        reads=reads,
        calls_as_owner=frozenset(row["view"] for row in cursor.execute(_CALLS_AS_OWNER)),
        functions=cursor.execute(_FUNCTIONS).fetchall(),
        others=cursor.execute(_OTHERS).fetchall(),
    )

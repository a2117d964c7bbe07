"""Is the role that creates tables poor enough? It may create in one schema, and is used for nothing but create_table."""

from collections.abc import Iterator
from typing import Any, Final

from psycopg import Connection, sql
from psycopg.rows import dict_row

from catalog import login_role
from catalog.login_role import Finding, refused
from catalog.models import Catalog

_EXAMPLE: Final = ("gatepost_creator", "gatepost_tables")  # role, schema
_FACTS: Final = """
SELECT
    quote_ident(%(schema)s) AS quoted_schema, quote_ident(%(login)s) AS quoted_login,
    n.oid IS NOT NULL AS has_schema,
    coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_schema_privilege(n.oid, 'CREATE'), false) AS may_create,
    coalesce((SELECT has_schema_privilege(r.oid, n.oid, 'USAGE') FROM pg_roles r WHERE r.rolname = %(login)s), false)
        AS login_may_use,
    has_database_privilege(current_database(), 'CREATE') AS may_create_schemas,
    ARRAY(SELECT quote_ident(nspname) FROM pg_namespace
          WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_' AND nspname <> %(schema)s
          ORDER BY 1) AS may_create_elsewhere,
    EXISTS (SELECT FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid AND r.rolname = current_user
            WHERE d.deptype = 'o' AND d.refclassid = 'pg_authid'::regclass
            AND NOT (d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                     AND d.classid = 'pg_class'::regclass
                     AND d.objid IN (SELECT oid FROM pg_class WHERE relnamespace = n.oid))) AS owns_elsewhere
FROM (SELECT) AS one LEFT JOIN pg_namespace n ON n.nspname = %(schema)s
"""
_SETUP: Final = """\
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE ROLE {user} LOGIN PASSWORD '...' CONNECTION LIMIT 5;
GRANT CONNECT ON DATABASE {database} TO {user};
GRANT USAGE, CREATE ON SCHEMA {schema} TO {user};
GRANT USAGE ON SCHEMA {schema} TO {login};"""


def facts(connection: Connection[Any], catalog: Catalog) -> dict[str, Any]:
    """Ask the database about the role of this connection and the schema that is marked for new tables."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_FACTS, {"schema": catalog.creator_schema, "login": catalog.user}).fetchone()
    return login_role.facts(connection) | (found or {})


def findings(found: dict[str, Any]) -> list[Finding]:
    """Judge the facts. No table is created while a finding is `refused`."""
    return [
        *login_role.attributes(found, "creating role", "CREATOR"),
        *login_role.membership(found, "creating role", "CREATOR"),
        *_too_little(found),
        *_too_much(found),
    ]


def setup(catalog: Catalog) -> str:
    """Return the SQL that makes a creating role, for the database's admin to copy."""
    user, schema = catalog.creator_user or _EXAMPLE[0], catalog.creator_schema or _EXAMPLE[1]
    names = {"user": user, "schema": schema, "database": catalog.database, "login": catalog.user}
    return sql.SQL(_SETUP).format(**{name: sql.Identifier(value) for name, value in names.items()}).as_string()


def _too_little(found: dict[str, Any]) -> Iterator[Finding]:
    role, schema, login = found["quoted_role"], found["quoted_schema"], found["quoted_login"]
    grant = f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"
    open_ = f"GRANT USAGE ON SCHEMA {schema} TO {login};"
    if not found["has_schema"]:
        told = "The schema for new tables does not exist."
        yield refused("CREATOR_SCHEMA_MISSING", told, f"CREATE SCHEMA {schema}; {grant} {open_}")
        return
    if not found["may_create"]:
        yield refused("CREATOR_MAY_NOT_CREATE", "The creating role may not create in the schema for new tables.", grant)
    if not found["login_may_use"]:
        yield refused("CREATOR_SCHEMA_CLOSED", "The login role may not use the schema for new tables.", open_)


def _too_much(found: dict[str, Any]) -> Iterator[Finding]:
    role, elsewhere = found["quoted_role"], ", ".join(found["may_create_elsewhere"])
    if elsewhere:
        yield refused(
            "CREATOR_MAY_CREATE_ELSEWHERE",
            f"The creating role may also create objects in {elsewhere}.",
            f"REVOKE CREATE ON SCHEMA {elsewhere} FROM {role}, PUBLIC;",
        )
    if found["may_create_schemas"]:
        yield refused(
            "CREATOR_MAY_CREATE_SCHEMAS",
            "The creating role may create schemas.",
            f"REVOKE CREATE ON DATABASE {found['quoted_database']} FROM {role}, PUBLIC;",
        )
    if found["owns_elsewhere"]:
        yield refused(
            "CREATOR_OWNS_ELSEWHERE",
            "The creating role owns something that is no table of the schema for new tables.",
            "Give it to another role: ALTER ... OWNER TO <owner>;",
        )

"""Is the login role poor enough? What it may do bounds what anybody can reach through Gatepost."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from psycopg import Connection
from psycopg.rows import dict_row

from catalog.guard import GRAMMAR
from catalog.target import Target

OLDEST_SERVER: Final = 140_000

Severity = Literal["refused", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the login role or the connection, and the SQL (or the step) that cures it."""

    code: str
    severity: Severity
    message: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        """Return the finding as it is stored and sent."""
        return asdict(self)


_FACTS: Final = """
SELECT
    current_user AS role, current_database() AS database, rolsuper, rolcreaterole, rolcreatedb, rolreplication,
    rolbypassrls, rolconnlimit,
    quote_ident(current_user) AS quoted_role, quote_ident(current_database()) AS quoted_database,
    current_setting('server_version_num')::int AS server_version_num, current_setting('server_version') AS server_version,
    current_setting('server_encoding') AS server_encoding,
    EXISTS (SELECT FROM pg_shdepend WHERE deptype = 'o' AND refclassid = 'pg_authid'::regclass AND refobjid = r.oid) AS owns,
    ARRAY(SELECT quote_ident(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
          WHERE m.member = r.oid ORDER BY 1) AS member_of,
    ARRAY(SELECT quote_ident(nspname) FROM pg_namespace
          WHERE has_schema_privilege(oid, 'CREATE') AND nspname !~ '^pg_' ORDER BY 1) AS may_create_in,
    has_database_privilege(current_database(), 'TEMP') AS may_make_temporary,
    ARRAY(SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
                      WHERE grantee = 0 AND privilege_type = 'EXECUTE')
          ORDER BY 1 LIMIT 20) AS public_definers,
    ARRAY(SELECT split_part(setting, '=', 1) FROM pg_db_role_setting s, unnest(s.setconfig) AS setting
          WHERE s.setrole = r.oid AND s.setdatabase IN (0, (SELECT oid FROM pg_database
                                                            WHERE datname = current_database()))) AS has_set
FROM pg_roles r WHERE rolname = current_user
"""


def facts(connection: Connection[Any]) -> dict[str, Any]:
    """Ask the database about the role of this connection, in one query."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_FACTS).fetchone()
    if found is None:
        raise LookupError("The database knows nothing of the role that is connected to it.")
    return found


def findings(target: Target, found: dict[str, Any]) -> list[Finding]:
    """Judge the facts. Nothing is connected while a finding is `refused`."""
    return [
        *_server(found),
        *attributes(found, "login role", "ROLE"),
        *_ownership(found),
        *membership(found, "login role", "ROLE"),
        *_excess(found),
        *_limits(found),
        *_transport(target),
    ]


def _server(found: dict[str, Any]) -> Iterator[Finding]:
    if found["server_version_num"] < OLDEST_SERVER:
        yield refused("SERVER_TOO_OLD", "PostgreSQL before 14 is not supported.", "Upgrade the server.")
    if found["server_version_num"] >= (GRAMMAR + 1) * 10_000:
        yield _warning(
            "SERVER_NEWER_THAN_GUARD",
            f"The guard reads SQL as PostgreSQL {GRAMMAR} does: what is newer is refused, or may mean something else here.",
            "Update Gatepost, or leave mcp.sql to nobody.",
        )
    if found["server_encoding"] != "UTF8":
        yield _warning("NOT_IN_UTF8", "The database is not in UTF-8: it takes no SQL, only tools.", "Use UTF-8.")


_ATTRIBUTES: Final = (
    ("rolsuper", "SUPERUSER", "is a superuser: no limit binds it."),
    ("rolcreaterole", "CREATEROLE", "may create roles: it can make itself a stronger one."),
    ("rolcreatedb", "CREATEDB", "may create databases."),
    ("rolreplication", "REPLICATION", "may replicate: it can read the whole cluster."),
    ("rolbypassrls", "BYPASSRLS", "bypasses row-level security."),
)


def attributes(found: dict[str, Any], role: str, prefix: str) -> Iterator[Finding]:
    """Tell which attributes no limit binds. `role` is what people call it, `prefix` begins the codes."""
    for column, attribute, sentence in _ATTRIBUTES:
        if found[column]:
            remedy = f"ALTER ROLE {found['quoted_role']} NO{attribute};"
            yield refused(f"{prefix}_{attribute}", f"The {role} {sentence}", remedy)


def _ownership(found: dict[str, Any]) -> Iterator[Finding]:
    if found["owns"]:
        yield refused(
            "ROLE_OWNS_OBJECTS",
            "The login role owns objects: an owner ignores privileges and can grant them.",
            f"REASSIGN OWNED BY {found['quoted_role']} TO <owner>;",
        )


def membership(found: dict[str, Any], role: str, prefix: str) -> Iterator[Finding]:
    """Tell which roles it could become. As `attributes`."""
    if found["member_of"]:
        groups = ", ".join(found["member_of"])
        yield refused(
            f"{prefix}_IS_MEMBER",
            f"The {role} is a member of {groups}: it can become that role.",
            f"REVOKE {groups} FROM {found['quoted_role']};",
        )


def _excess(found: dict[str, Any]) -> Iterator[Finding]:
    role = found["quoted_role"]
    if found["may_create_in"]:
        schemas = ", ".join(found["may_create_in"])
        yield _warning(
            "ROLE_MAY_CREATE",
            f"The login role may create objects in {schemas}: more than reading needs.",
            f"REVOKE CREATE ON SCHEMA {schemas} FROM {role}, PUBLIC;",
        )
    if found["may_make_temporary"]:
        yield _warning(
            "ROLE_MAY_MAKE_TEMPORARY",
            "The login role may make temporary tables: more than reading needs.",
            f"REVOKE TEMPORARY ON DATABASE {found['quoted_database']} FROM {role}, PUBLIC;",
        )
    if found["public_definers"]:
        functions = ", ".join(found["public_definers"])
        yield _warning(
            "PUBLIC_SECURITY_DEFINER",
            f"Everyone may execute functions that run as their owner: {functions}.",
            f"REVOKE EXECUTE ON FUNCTION {functions} FROM PUBLIC;",
        )


_SECOND_LINE: Final = (("statement_timeout", "'60s'"), ("temp_file_limit", "'1GB'"))


def _limits(found: dict[str, Any]) -> Iterator[Finding]:
    role = found["quoted_role"]
    for setting, value in _SECOND_LINE:
        if setting not in found["has_set"]:
            yield _warning(
                f"ROLE_WITHOUT_{setting.upper()}",
                f"The login role has no {setting} of its own.",
                f"ALTER ROLE {role} SET {setting} = {value};",
            )
    if found["rolconnlimit"] < 0:
        yield _warning(
            "ROLE_WITHOUT_CONNECTION_LIMIT",
            "The login role may open any number of connections.",
            f"ALTER ROLE {role} CONNECTION LIMIT 20;",
        )


def _transport(target: Target) -> Iterator[Finding]:
    if target.sslmode != "verify-full" and not target.is_local:
        yield _warning(
            "SSLMODE_BELOW_VERIFY_FULL",
            f"sslmode {target.sslmode} does not prove that this is the right server.",
            "Use sslmode verify-full with a certificate that names the host.",
        )


def refused(code: str, message: str, remedy: str) -> Finding:
    """Return a finding that keeps the role from being used."""
    return Finding(code, "refused", message, remedy)


def _warning(code: str, message: str, remedy: str) -> Finding:
    return Finding(code, "warning", message, remedy)

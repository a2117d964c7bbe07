"""Makes the demo catalog: its own database, an owner that nobody signs in as, and a poor login role."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import FeatureNotSupported, InsufficientPrivilege, UndefinedFile

HERE = Path(__file__).parent
SCRIPTS = ("schema.sql", "data.sql", "keys.sql", "functions.sql")
VECTOR_SCRIPT = "vectors.sql"

# What the login role may do. It reads hr too: Gatepost's own privileges keep people out of it.
PRIVILEGES = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT ON DATABASE {database} TO {login}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public, sales, support, hr TO {login}",
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sales, support, hr FROM PUBLIC",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sales, support, hr TO {login}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA sales, support, hr TO {login}",
    "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sales, support TO {login}",
    "GRANT CONNECT ON DATABASE {database} TO {creator}",
    "GRANT USAGE, CREATE ON SCHEMA drafts TO {creator}",
    "GRANT USAGE ON SCHEMA drafts TO {login}",
)

# The database's own limits, a second line of defence behind those of each call.
LIMITS = (
    "ALTER ROLE {login} CONNECTION LIMIT 20",
    "ALTER ROLE {login} SET statement_timeout = '60s'",
    "ALTER ROLE {login} SET idle_in_transaction_session_timeout = '60s'",
)
TEMP_FILE_LIMIT = "ALTER ROLE {login} SET temp_file_limit = '256MB'"

IS_FIT = """
    SELECT rolcanlogin = %(can_login)s
       AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
       AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)
       AND NOT (rolcanlogin AND NOT %(may_own)s AND EXISTS (
           SELECT FROM pg_shdepend
           WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid AND deptype = 'o'))
    FROM pg_roles r WHERE rolname = %(role)s
"""


class DemoUnavailable(Exception):
    """The demo catalog cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class DemoDatabase:
    """Where the demo catalog is and how Gatepost signs in to it."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    creator: str
    vector: bool


def load(admin_url: str, *, database: str, login_role: str, password: str) -> DemoDatabase:
    """Make the demo database unless it is there and complete; set the login role's password in any case.

    A role of its own owns it, so that nothing in it runs with the rights of the account that made it. The creating
    role has the same password.
    """
    owner, creator = f"{login_role}_owner", f"{login_role}_creator"
    with _explained(), psycopg.connect(admin_url, autocommit=True) as admin:
        _check_rights(admin)
        # Two loads at once would each take the other's work for half-made.
        admin.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"gatepost demo {database}"])
        # Every refusal comes before the first thing is made.
        has_owner = _has_role(admin, owner, can_login=False)
        has_login = _has_role(admin, login_role, can_login=True)
        has_creator = _has_role(admin, creator, can_login=True, may_own=True)
        is_complete = _is_complete(admin, database, owner)
        if not has_owner:
            _run(admin, "CREATE ROLE {role}", role=owner)
        if not has_login:
            _run(admin, "CREATE ROLE {role} LOGIN", role=login_role)
        if not has_creator:
            _run(admin, "CREATE ROLE {role} LOGIN", role=creator)
        for role in (login_role, creator):
            _set_up_login(admin, role, password)
        if not is_complete:
            _join(admin, owner)
            _run(admin, "DROP DATABASE IF EXISTS {database} WITH (FORCE)", database=database)
            create = "CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8'"
            _run(admin, create, database=database, owner=owner)
            _fill(admin_url, database, owner, {"login": login_role, "creator": creator})
        vector = _has_vectors(admin_url, database)
        return DemoDatabase(admin.info.host, admin.info.port, database, login_role, password, creator, vector)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        reason = (error.diag.message_primary or str(error)).splitlines()[0].rstrip(".")
        raise DemoUnavailable(f"The demo catalog could not be made: {reason}.") from error


def _run(connection: psycopg.Connection, statement: LiteralString, **names: str) -> None:
    identifiers = {key: sql.Identifier(name) for key, name in names.items()}
    connection.execute(sql.SQL(statement).format(**identifiers))


def _check_rights(admin: psycopg.Connection) -> None:
    row = admin.execute(
        "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row != (True,):
        raise DemoUnavailable(
            "The demo catalog needs an account that may create databases and roles: "
            f"run ALTER ROLE {admin.info.user} CREATEDB CREATEROLE, or start without the demo."
        )


def _has_role(admin: psycopg.Connection, role: str, *, can_login: bool, may_own: bool = False) -> bool:
    """Whether the role is there; one that is not as poor as we make it is another's, and never taken over."""
    fit = admin.execute(IS_FIT, {"role": role, "can_login": can_login, "may_own": may_own}).fetchone()
    if fit not in (None, (True,)):
        raise DemoUnavailable(
            f"The role {role} exists and is not a plain role for the demo: rename it, drop it, or start without the demo."
        )
    return fit is not None


def _set_up_login(admin: psycopg.Connection, login: str, password: str) -> None:
    # Hashed on this side, so that the password stands in no statement and in no server log.
    verifier = admin.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(verifier)))
    for statement in LIMITS:
        _run(admin, statement, login=login)
    with suppress(InsufficientPrivilege):  # only a superuser may set it
        _run(admin, TEMP_FILE_LIMIT, login=login)


def _join(admin: psycopg.Connection, owner: str) -> None:
    """A superuser may act as anybody; any other account must be a member of the owner."""
    if admin.execute("SELECT pg_has_role(%s, 'USAGE')", [owner]).fetchone() != (True,):
        _run(admin, "GRANT {owner} TO CURRENT_USER", owner=owner)


def _is_complete(admin: psycopg.Connection, database: str, owner: str) -> bool:
    row = admin.execute(
        "SELECT pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
        [database],
    ).fetchone()
    # What we made half carries our owner from its first moment; what does not is never touched.
    if row is not None and row[0] != owner:
        raise DemoUnavailable(
            f"The database {database} exists and was not made for the demo: rename it, or start without the demo."
        )
    return row is not None and row[1] == _completion_mark()


def _completion_mark() -> str:
    texts = [(HERE / name).read_bytes() for name in (*SCRIPTS, VECTOR_SCRIPT)]
    version = hashlib.sha256(b"".join(texts) + "".join(PRIVILEGES).encode()).hexdigest()[:12]
    return f"Harbour & Pine, an invented shop: sales, support and staff. Demo data of Gatepost, version {version}."


def _fill(admin_url: str, database: str, owner: str, roles: dict[str, str]) -> None:
    """Everything in one transaction, so that the mark is there with all the rest or not at all."""
    with psycopg.connect(make_conninfo(admin_url, dbname=database)) as connection:
        vector = _add_vector(connection)
        _run(connection, "SET LOCAL ROLE {owner}", owner=owner)
        connection.execute("SET LOCAL search_path = public; SET LOCAL timezone = 'UTC'; SET LOCAL jit = off")
        for name in (*SCRIPTS, VECTOR_SCRIPT) if vector else SCRIPTS:
            connection.execute((HERE / name).read_bytes())
        for statement in PRIVILEGES:
            _run(connection, statement, database=database, **roles)
        connection.execute("ANALYZE")
        mark = sql.Literal(_completion_mark())
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), mark))


def _add_vector(connection: psycopg.Connection) -> bool:
    """Only a superuser may install it, but it may stand in template1 already."""
    with suppress(FeatureNotSupported, InsufficientPrivilege, UndefinedFile), connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    return connection.execute("SELECT to_regtype('public.vector') IS NOT NULL").fetchone() == (True,)


def _has_vectors(admin_url: str, database: str) -> bool:
    with psycopg.connect(make_conninfo(admin_url, dbname=database)) as connection:
        return connection.execute("SELECT to_regclass('support.ticket_embeddings') IS NOT NULL").fetchone() == (True,)

"""The database of the corpus, its caller, and a connection as the poor login role without the guard."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from catalog.guard import Checked, Held, Names, Refusal, inspect
from catalog.target import Target
from tests.catalog.conftest import ADMIN_URL, PASSWORD, as_admin, login_role, target
from tests.catalog.corpus.reading import read_names

PATH = ("sales", "vectors", "secrets", "hr")
USABLE = frozenset({"sales", "vectors"})
READABLE = ("customers", "orders", "notes", "counter", "as_owner", "as_caller", "places", "over_secrets")
CALLABLE = ("tax", "label", "over", "add_all", "split", "firsts", "twice", "proc", "sd_total", "sd_leak")
SELECT = {("sales", name): Held.INHERITED for name in READABLE}
MODIFY = {("sales", "notes"): Held.INHERITED}
EXECUTE = {("sales", name): Held.INHERITED for name in CALLABLE}
SETTLE = (
    "GRANT USAGE ON SCHEMA sales, vectors, secrets TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA sales, secrets TO {role}",
    "GRANT INSERT, UPDATE, DELETE ON sales.notes, sales.counter TO {role}",
    "ALTER ROLE {role} SET search_path = pg_catalog, sales, vectors, secrets, hr, pg_temp",
    "ALTER ROLE {role} SET statement_timeout = '20s'",
)


@dataclass(frozen=True)
class Strangers:
    """The database, what the caller may name in it, and the marker that must never come out."""

    target: Target
    url: str  # as the login role
    admin_url: str
    names: Names
    marker: str

    def inspect(self, text: str, *, writable: bool = False, parameters: int = 0) -> Checked | Refusal:
        return inspect(text, self.names, writable=writable, parameters=parameters)

    @contextmanager
    def session(self, *, read_only: bool = True) -> Iterator[psycopg.RawCursor]:
        """A transaction as the login role, rolled back at the end."""
        with psycopg.connect(self.url, autocommit=True) as connection, psycopg.RawCursor(connection) as cursor:
            cursor.execute("BEGIN READ ONLY" if read_only else "BEGIN")
            yield cursor
            if not connection.closed:
                connection.rollback()

    def without_guard(self, text: str, *, read_only: bool = True) -> tuple[str, list[tuple]]:
        """What the login role alone holds back: the SQLSTATE, or "runs" and the rows."""
        try:
            with self.session(read_only=read_only) as cursor:
                cursor.execute(text, prepare=True)  # the extended protocol
                return "runs", cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            return error.sqlstate or "lost", []


@contextmanager
def strangers() -> Iterator[Strangers]:
    database, marker = f"test_strangers_{secrets.token_hex(4)}", f"canary-{secrets.token_hex(8)}"
    with login_role() as role, as_admin() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        try:
            with as_admin(database) as owner:
                owner.execute((Path(__file__).parent / "strangers.sql").read_text())
                for table in ("secrets.canary (id, secret)", "secrets.orders (id, hidden)", "hr.salaries (id, amount)"):
                    value = 4711 if table.startswith("hr") else marker
                    owner.execute(sql.SQL("INSERT INTO {} VALUES (1, {})").format(sql.SQL(table), sql.Literal(value)))
                owner.execute("INSERT INTO secrets.tenants VALUES ('b', %s)", [marker])
                for statement in SETTLE:
                    owner.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
                names = read_names(owner, path=PATH, usable=USABLE, select=SELECT, modify=MODIFY, execute=EXECUTE)
            url = make_conninfo(ADMIN_URL, dbname=database, user=role, password=PASSWORD)
            yield Strangers(target(database, role), url, make_conninfo(ADMIN_URL, dbname=database), names, marker)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

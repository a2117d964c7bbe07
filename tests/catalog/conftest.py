"""A throwaway database, the workshop, with a poor login role; and catalogs on it."""

import os
import secrets
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from accounts.models import User
from audit import event_loop
from catalog import functions, introspection
from catalog.execution import Limits
from catalog.functions import Caller
from catalog.models import Catalog, Privilege, Routine
from catalog.rights import MEANINGFUL
from catalog.sealing import seal
from catalog.target import Target

ADMIN_URL = os.environ.get("GATEPOST_TEST_SUPERUSER_URL") or settings.DATABASE_URL
PASSWORD = "made-up-password"
SETTLE = (
    "GRANT USAGE ON SCHEMA shop TO {role}",
    "GRANT SELECT ON shop.reading, shop.readings, shop.part, shop.as_owner, shop.as_caller, shop.counter TO {role}",
    "GRANT SELECT (id, name, colour, price, amount, code, total) ON shop.item TO {role}",
    'GRANT SELECT ON shop."x""; drop table t;--" TO {role}',
    "GRANT INSERT ON shop.counter TO {role}",
    "GRANT SELECT (id, hidden) ON shop.item TO {role}",
    "ALTER ROLE {role} SET statement_timeout = '60s'",
    "ALTER ROLE {role} CONNECTION LIMIT 50",
    "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
)


@contextmanager
def as_admin(database: str = "postgres"):
    with psycopg.connect(make_conninfo(ADMIN_URL, dbname=database), autocommit=True) as connection:
        yield connection


@contextmanager
def login_role(attributes: str = ""):
    """A role that can sign in, dropped at the end."""
    name = f"test_login_{secrets.token_hex(4)}"
    with as_admin() as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} ").format(sql.Identifier(name), PASSWORD) + sql.SQL(attributes)
        )
        try:
            yield name
        finally:
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def target(database: str, user: str, **changes) -> Target:
    control = settings.DATABASES["default"]
    where = {
        "host": control["HOST"] or "/var/run/postgresql",
        "port": int(control["PORT"] or 5432),
        "sslmode": "prefer",
    }
    return Target(**{**where, "database": database, "user": user, "password": PASSWORD, **changes})


@pytest.fixture(scope="session")
def workshop():
    """The target of the workshop database. Nothing may change it; S-rows that write use shop.counter."""
    database = f"test_workshop_{secrets.token_hex(4)}"
    with login_role() as role, as_admin() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        try:
            with as_admin(database) as owner:
                owner.execute((Path(__file__).parent / "workshop.sql").read_text())
                for statement in SETTLE:
                    names = {"role": sql.Identifier(role), "database": sql.Identifier(database)}
                    owner.execute(sql.SQL(statement).format(**names))
            yield target(database, role)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


def catalog_on(where: Target, name: str = "workshop", **limits) -> Catalog:
    """A stored and introspected catalog."""
    catalog = Catalog.objects.create(
        name=name,
        host=where.host,
        port=where.port,
        database=where.database,
        user=where.user,
        password_sealed=seal(where.password),
        sslmode=where.sslmode,
        **limits,
    )
    introspection.refresh(catalog)
    catalog.refresh_from_db()
    return catalog


class Shop:
    """The workshop as a catalog, and one caller who may call everything in it."""

    def __init__(self, catalog: Catalog, user: User) -> None:
        self.catalog = catalog
        self.user = user
        self.caller = Caller(user.pk, frozenset())

    def visible(self, name: str | None = None, caller: Caller | None = None):
        return event_loop.run(functions.visible(self.catalog.name, "shop", caller or self.caller, function=name))

    def function(self, name: str, signature: str | None = None):
        return next(f for f in self.visible(name) if signature is None or f.signature == signature)

    def call(self, name: str, arguments=None, *, signature=None, **limits):
        function = self.function(name, signature)
        work = functions.call(function, arguments or {}, caller=self.caller, limits=Limits(**limits))
        return event_loop.run(work)

    def value(self, name: str, arguments=None, **more):
        (row,) = self.call(name, arguments, **more).rows
        assert len(row) == 1
        return row[0]


def open_everything(user: User, catalog: Catalog) -> None:
    """Every privilege on the catalog, and those on functions that run as their owner, which are not inherited.

    Straight into the table: audit records cannot be deleted again.
    """
    for action in MEANINGFUL["catalog"]:
        Privilege.objects.create(user=user, action=action, securable="catalog", catalog=catalog)
    for routine in Routine.objects.filter(schema__catalog=catalog, runs_as_owner=True):
        names = {"schema": routine.schema.name, "object": routine.name, "signature": routine.signature}
        Privilege.objects.create(user=user, action="EXECUTE", securable="function", catalog=catalog, **names)


@pytest.fixture(scope="module")
def shop(workshop, django_db_setup, django_db_blocker):
    """Committed, since calls read on the owning loop. Tests that use it leave Django's database alone."""
    with django_db_blocker.unblock():
        user = User.objects.create_person("caller@example.com")
        catalog = catalog_on(workshop, read_only=False, row_limit=10, byte_limit=10_000, statement_timeout_ms=3_000)
        Routine.objects.filter(name="count_up").update(writes=True)
        open_everything(user, catalog)
    yield Shop(catalog, user)
    with django_db_blocker.unblock():
        catalog.delete()
        user.delete()

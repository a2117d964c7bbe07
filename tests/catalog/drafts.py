"""A database with a schema for new tables, a poor login role and a creating role."""

import secrets
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from catalog import introspection
from catalog.models import Catalog
from catalog.sealing import seal
from catalog.target import Target
from tests.catalog.conftest import PASSWORD, as_admin, catalog_on, login_role, target

SCHEMA = "drafts"
SETTLE = (
    "CREATE SCHEMA drafts",
    "CREATE SCHEMA other",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "CREATE TABLE drafts.taken (id int)",
    "GRANT USAGE ON SCHEMA drafts, other TO {login}",
    "GRANT USAGE, CREATE ON SCHEMA drafts TO {creator}",
)


@dataclass(frozen=True)
class Drafts:
    """Where it is, and who creates."""

    target: Target
    creator: str

    @contextmanager
    def as_owner(self):
        with as_admin(self.target.database) as owner:
            yield owner

    @contextmanager
    def as_creator(self):
        where = target(self.target.database, self.creator)
        with psycopg.connect(**where.parameters({}), autocommit=True) as connection:
            yield connection

    def created(self) -> set[str]:
        """The tables of the creating role."""
        with self.as_creator() as creator:
            rows = creator.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_get_userbyid(relowner) = current_user"
            )
            return {name for (name,) in rows}

    def drop_created(self) -> None:
        names = self.created()
        with self.as_creator() as creator:
            for name in names:
                creator.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(SCHEMA, name)))

    def catalog(self, name: str = "drafts", **more) -> Catalog:
        """A stored and introspected catalog with the creating role."""
        creator = {"creator_user": self.creator, "creator_password_sealed": seal(PASSWORD), "creator_schema": SCHEMA}
        return catalog_on(self.target, name, **{"read_only": False, **creator, **more})

    def refresh(self) -> None:
        """Do what the worker does."""
        for catalog in Catalog.objects.all():
            introspection.refresh(catalog)


@contextmanager
def made():
    """Make the database and its roles; drop them at the end."""
    database = f"test_drafts_{secrets.token_hex(4)}"
    with login_role() as login, login_role() as creator, as_admin() as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        try:
            with as_admin(database) as owner:
                names = {"login": sql.Identifier(login), "creator": sql.Identifier(creator)}
                for statement in SETTLE:
                    owner.execute(sql.SQL(statement).format(**names))
            yield Drafts(target(database, login), creator)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


@pytest.fixture(scope="session")
def drafts():
    with made() as drafts:
        yield drafts

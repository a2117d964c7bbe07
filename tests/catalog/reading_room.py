"""A throwaway database with texts to search: notes of several owners, some of them hidden."""

import secrets
from contextlib import contextmanager

from psycopg import sql

from tests.catalog.conftest import as_admin, login_role, target

MAKE = """
    CREATE SCHEMA room;
    CREATE TABLE room.note (
        shelf integer, number text, title varchar(100), body text NOT NULL, remark text, owner text NOT NULL,
        written_on date, PRIMARY KEY (shelf, number)
    );
    COMMENT ON TABLE room.note IS 'Notes of readers';
    INSERT INTO room.note VALUES
        (1, 'a/1', 'Growing pears', 'Pears like sun. Two pears fell.', 'canary', 'bob@example.com', '2026-01-01'),
        (1, 'b 2', 'Apples', 'Apples keep longer than a pear.', NULL, 'alice@example.com', NULL),
        (2, 'a/1', NULL, 'Nobody reads about quinces.', '', 'bob@example.com', NULL);
    CREATE TABLE room.letter (id bigint PRIMARY KEY, "sub%s ""j" text NOT NULL, words text);
    INSERT INTO room.letter VALUES (9007199254740993, 'A pear, a pear!', 'A pear for you. Pear, pear, pear.');
    CREATE TABLE room.loose (words text);
    CREATE TABLE room.number (id integer PRIMARY KEY, n integer);
    GRANT USAGE ON SCHEMA room TO {role};
    GRANT SELECT ON ALL TABLES IN SCHEMA room TO {role};
"""
SETTLE = (
    "ALTER ROLE {role} SET statement_timeout = '60s'",
    "ALTER ROLE {role} CONNECTION LIMIT 50",
    "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
)


@contextmanager
def reading_room():
    """The target of the database, and a function that runs a statement as its owner."""
    database = f"test_room_{secrets.token_hex(4)}"
    with login_role() as role, as_admin() as admin:
        names = {"role": sql.Identifier(role), "database": sql.Identifier(database)}
        admin.execute(sql.SQL("CREATE DATABASE {database}").format(**names))
        try:
            with as_admin(database) as owner:
                for statement in (MAKE, *SETTLE):
                    owner.execute(sql.SQL(statement).format(**names))
                yield target(database, role), owner.execute
        finally:
            admin.execute(sql.SQL("DROP DATABASE {database} WITH (FORCE)").format(**names))

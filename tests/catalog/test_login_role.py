"""catalog.login_role: a role with too much power is refused, with the SQL that cures it."""

import psycopg
import pytest
from psycopg import sql

from catalog import introspection, login_role
from tests.catalog.conftest import as_admin, target
from tests.catalog.conftest import login_role as a_role


def codes(where, severity):
    with introspection.connect(where) as connection:
        found = login_role.findings(where, login_role.facts(connection))
    return {finding.code for finding in found if finding.severity == severity}


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ("SUPERUSER", "ROLE_SUPERUSER"),
        ("CREATEROLE", "ROLE_CREATEROLE"),
        ("CREATEDB", "ROLE_CREATEDB"),
        ("REPLICATION", "ROLE_REPLICATION"),
        ("BYPASSRLS", "ROLE_BYPASSRLS"),
    ],
)
def test_an_attribute_that_no_limit_binds_is_refused_and_its_cure_cures_it(attribute, code):
    with a_role(attribute) as role:
        where = target("postgres", role)
        assert code in codes(where, "refused")
        with introspection.connect(where) as connection:
            finding = next(f for f in login_role.findings(where, login_role.facts(connection)) if f.code == code)
        with as_admin() as admin:
            admin.execute(finding.remedy)
        assert codes(where, "refused") == set()


def test_ownership_and_membership_are_refused_s7(workshop):
    with a_role() as role, as_admin(workshop.database) as owner:
        where = target(workshop.database, role)
        name = sql.Identifier(role)
        owner.execute(sql.SQL("GRANT pg_read_all_data TO {}; CREATE SCHEMA mine AUTHORIZATION {}").format(name, name))
        try:
            assert codes(where, "refused") == {"ROLE_OWNS_OBJECTS", "ROLE_IS_MEMBER"}
        finally:
            owner.execute("DROP SCHEMA mine")


def test_a_poor_role_is_only_warned(workshop):
    assert codes(workshop, "refused") == set()
    assert {"PUBLIC_SECURITY_DEFINER", "ROLE_WITHOUT_TEMP_FILE_LIMIT"} <= codes(workshop, "warning")
    assert codes(workshop, "warning").isdisjoint(
        {
            "ROLE_WITHOUT_STATEMENT_TIMEOUT",
            "ROLE_WITHOUT_CONNECTION_LIMIT",
            "ROLE_MAY_MAKE_TEMPORARY",
            "ROLE_MAY_CREATE",
        }
    )


def test_creating_and_temporary_tables_are_warned(workshop):
    with a_role() as role, as_admin(workshop.database) as owner:
        where = target(workshop.database, role)
        owner.execute(sql.SQL("GRANT CREATE ON SCHEMA shop TO {}").format(sql.Identifier(role)))
        owner.execute(
            sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(*map(sql.Identifier, (workshop.database, role)))
        )
        assert {"ROLE_MAY_CREATE", "ROLE_MAY_MAKE_TEMPORARY"} <= codes(where, "warning")
        owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))


@pytest.mark.parametrize(
    ("host", "sslmode", "is_warned"),
    [
        ("/run/postgresql", "disable", False),
        ("127.0.0.1", "prefer", False),
        ("::1", "disable", False),
        ("localhost", "disable", False),
        ("db.example.com", "verify-full", False),
        ("db.example.com", "verify-ca", True),
        ("10.0.0.1", "require", True),
    ],
)
def test_only_a_remote_server_needs_verify_full(workshop, host, sslmode, is_warned):
    with introspection.connect(workshop) as connection:
        facts = login_role.facts(connection)
    found = login_role.findings(target("d", "u", host=host, sslmode=sslmode), facts)
    assert ("SSLMODE_BELOW_VERIFY_FULL" in {finding.code for finding in found}) is is_warned


def test_the_connection_of_introspection_cannot_write(workshop):
    with introspection.connect(workshop) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("INSERT INTO shop.counter VALUES (1)")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"server_version_num": 190_000}, "SERVER_NEWER_THAN_GUARD"),
        ({"server_encoding": "LATIN1"}, "NOT_IN_UTF8"),
    ],
)
def test_a_server_that_the_guard_cannot_read_for_certain_is_warned(workshop, changes, code):
    with introspection.connect(workshop) as connection:
        facts = login_role.facts(connection) | changes
    found = [finding for finding in login_role.findings(workshop, facts) if finding.severity == "warning"]
    told = {finding.code for finding in found} & {"SERVER_NEWER_THAN_GUARD", "NOT_IN_UTF8"}
    assert told == ({code} if code else set())

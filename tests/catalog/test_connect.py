"""catalog.connect and catalog.introspection: a login role that became too powerful."""

import pytest
from psycopg import sql

from accounts.errors import Invalid, InvalidState
from audit.event import NOBODY
from catalog import connect, introspection
from catalog.models import Catalog
from tests.catalog.conftest import PASSWORD, as_admin, login_role, target

pytestmark = pytest.mark.django_db


def fields(where):
    return {name: getattr(where, name) for name in ("host", "port", "database", "user", "password", "sslmode")}


def test_a_role_that_became_a_member_is_refused_at_the_refresh_until_cured_s7(workshop):
    with login_role() as role, as_admin(workshop.database) as owner:
        catalog = connect.connect(by=NOBODY, name="c", **fields(target(workshop.database, role)))
        introspection.refresh(catalog)
        catalog.refresh_from_db()
        version = catalog.version
        name = sql.Identifier(role)
        owner.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(name))
        with pytest.raises(InvalidState, match="refresh again"):
            introspection.refresh(catalog)
        catalog.refresh_from_db()
        assert "ROLE_IS_MEMBER" in {finding["code"] for finding in catalog.findings}
        assert catalog.version == version + 1  # calls stop: every process reads the catalog again
        owner.execute(sql.SQL("REVOKE pg_read_all_data FROM {}").format(name))
        introspection.refresh(catalog)
        catalog.refresh_from_db()
        assert {finding["severity"] for finding in catalog.findings} == {"warning"}


def test_a_refused_connection_stores_nothing_and_names_its_cure(workshop):
    with login_role("REPLICATION") as role:
        with pytest.raises(Invalid) as refusal:
            connect.connect(by=NOBODY, name="c", **fields(target(workshop.database, role)))
        assert f"ALTER ROLE {role} NOREPLICATION" in refusal.value.errors["user"][0]
    assert not Catalog.objects.exists()


def test_a_changed_password_is_tested_sealed_and_not_recorded(workshop):
    catalog = connect.connect(by=NOBODY, name="c", **fields(workshop))
    connect.update(catalog, by=NOBODY, password=PASSWORD)
    catalog.refresh_from_db()
    assert PASSWORD.encode() not in bytes(catalog.password_sealed)
    assert connect.test_stored(catalog).ok

"""catalog.creating_role: what the second login role may do, judged when it is set, at each refresh, and by doctor."""

import pytest
from psycopg import sql

from accounts.errors import Invalid
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog import connect, creating_role, introspection, vault
from catalog.models import Catalog
from catalog.sealing import unseal
from config import doctor
from tests.catalog.conftest import PASSWORD, login_role
from tests.catalog.drafts import SCHEMA, drafts  # noqa: F401 - a fixture
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog(drafts):  # noqa: F811
    return drafts.catalog()


def codes(catalog):
    return {finding.code for finding in introspection.creator_findings(catalog)}


def run(drafts, statement, **names):  # noqa: F811
    everyone = {"creator": drafts.creator, "login": drafts.target.user, "database": drafts.target.database, **names}
    with drafts.as_owner() as owner:
        owner.execute(sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in everyone.items()}))


@requirement("CREATOR-poor")
def test_nothing_speaks_against_a_role_that_may_create_in_the_marked_schema_alone(catalog, drafts):  # noqa: F811
    assert codes(catalog) == set()
    with drafts.as_creator() as creator:
        creator.execute("CREATE TABLE drafts.own (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text[])")
        try:
            assert codes(catalog) == set()
        finally:
            creator.execute("DROP TABLE drafts.own")
    assert Catalog.objects.get().creator_findings == []


CASES = [
    ("GRANT CREATE ON SCHEMA other TO {creator}", "CREATOR_MAY_CREATE_ELSEWHERE"),
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", "CREATOR_MAY_CREATE_ELSEWHERE"),
    ("GRANT CREATE ON DATABASE {database} TO {creator}", "CREATOR_MAY_CREATE_SCHEMAS"),
    ("REVOKE USAGE ON SCHEMA drafts FROM {creator}", "CREATOR_MAY_NOT_CREATE"),
    ("REVOKE CREATE ON SCHEMA drafts FROM {creator}", "CREATOR_MAY_NOT_CREATE"),
    ("REVOKE USAGE ON SCHEMA drafts FROM {login}", "CREATOR_SCHEMA_CLOSED"),
    ("ALTER ROLE {creator} CREATEDB", "CREATOR_CREATEDB"),
    ("ALTER ROLE {creator} CREATEROLE", "CREATOR_CREATEROLE"),
]


@requirement("CREATOR-poor")
@pytest.mark.parametrize(("statement", "code"), CASES)
def test_what_it_may_do_too_much_or_too_little_is_refused_and_the_cure_cures_it(catalog, drafts, statement, code):  # noqa: F811
    run(drafts, statement)
    assert codes(catalog) == {code}
    [finding] = introspection.creator_findings(catalog)
    assert finding.severity == "refused"
    with drafts.as_owner() as owner:
        owner.execute(finding.remedy)
    assert codes(catalog) == set()


@requirement("CREATOR-poor")
def test_membership_and_ownership_elsewhere_are_refused(catalog, drafts):  # noqa: F811
    with login_role() as group:
        run(drafts, "GRANT {group} TO {creator}", group=group)
        assert codes(catalog) == {"CREATOR_IS_MEMBER"}
        run(drafts, "REVOKE {group} FROM {creator}", group=group)
    with drafts.as_creator() as creator:
        creator.execute("CREATE TYPE drafts.mine AS ENUM ()")  # no table
        assert codes(catalog) == {"CREATOR_OWNS_ELSEWHERE"}
        creator.execute("DROP TYPE drafts.mine")
    assert codes(catalog) == set()
    run(drafts, "GRANT USAGE, CREATE ON SCHEMA other TO {creator}")
    with drafts.as_creator() as creator:
        creator.execute("CREATE TABLE other.mine ()")
        run(drafts, "REVOKE CREATE ON SCHEMA other FROM {creator}")
        assert codes(catalog) == {"CREATOR_OWNS_ELSEWHERE"}
        creator.execute("DROP TABLE other.mine")
    assert codes(catalog) == set()


def test_a_schema_that_is_not_there_and_a_role_that_cannot_connect_are_told_with_their_cure(catalog):
    catalog.creator_schema = "gone"
    assert "CREATOR_SCHEMA_MISSING" in codes(catalog)
    catalog.creator_user = "no_such_role_here"
    [finding] = introspection.creator_findings(catalog)
    assert finding.code == "CREATOR_UNREACHABLE"
    assert "no_such_role_here" not in finding.message
    assert 'GRANT USAGE, CREATE ON SCHEMA "gone" TO "no_such_role_here";' in finding.remedy


@requirement("CREATOR-poor")
def test_a_refresh_judges_it_anew_and_the_rest_of_the_catalog_goes_on(catalog, drafts):  # noqa: F811
    run(drafts, "GRANT CREATE ON SCHEMA other TO {creator}")
    introspection.refresh(catalog)
    catalog.refresh_from_db()
    assert [finding["code"] for finding in catalog.creator_findings] == ["CREATOR_MAY_CREATE_ELSEWHERE"]
    assert not introspection.is_refused(catalog.findings)
    version = catalog.version
    told = {finding.code: finding.severity for finding in doctor.findings()}
    assert told["CREATOR_MAY_CREATE_ELSEWHERE"] == "error"
    run(drafts, "REVOKE CREATE ON SCHEMA other FROM {creator}")
    introspection.refresh(catalog)
    catalog.refresh_from_db()
    assert (catalog.creator_findings, catalog.version) == ([], version + 1)


def creator(drafts, **changes):  # noqa: F811
    return {"creator_user": drafts.creator, "creator_password": PASSWORD, "creator_schema": SCHEMA, **changes}


def reach(drafts):  # noqa: F811
    return {name: getattr(drafts.target, name) for name in ("host", "port", "database", "user", "password", "sslmode")}


def test_it_is_set_sealed_and_taken_away(drafts):  # noqa: F811
    catalog = connect.connect(by=NOBODY, name="c", **reach(drafts), **creator(drafts))
    assert unseal(bytes(catalog.creator_password_sealed)) == PASSWORD
    connect.update(catalog, by=NOBODY, creator_user="")
    catalog.refresh_from_db()
    assert (catalog.creator_user, catalog.creator_schema, bytes(catalog.creator_password_sealed)) == ("", "", b"")
    connect.update(catalog, by=NOBODY, **creator(drafts))
    vault.reseal_all()
    catalog.refresh_from_db()
    assert unseal(bytes(catalog.creator_password_sealed)) == PASSWORD
    assert not AuditEvent.objects.filter(details__icontains=PASSWORD).exists()
    changed = AuditEvent.objects.filter(action="catalog.update").order_by("id").last().details
    assert (changed["creator_password"], changed["creator_user"]) == ("changed", drafts.creator)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"creator_user": ""}, "creator_user"),
        ({"creator_schema": ""}, "creator_schema"),
        ({"creator_schema": "pg_catalog"}, "creator_schema"),
        ({"creator_schema": "information_schema"}, "creator_schema"),
        ({"creator_schema": "s" * 64}, "creator_schema"),
        ({"creator_user": "u" * 64}, "creator_user"),
        ({"creator_user": "u\0"}, "creator_user"),
        ({"creator_schema": "gone"}, "creator_user"),
    ],
)
def test_a_half_or_wrong_creating_role_is_refused_and_changes_nothing(drafts, changes, field):  # noqa: F811
    catalog = connect.connect(by=NOBODY, name="c", **reach(drafts))
    with pytest.raises(Invalid) as refusal:
        connect.update(catalog, by=NOBODY, **creator(drafts, **changes))
    assert set(refusal.value.errors) == {field}
    catalog.refresh_from_db()
    assert catalog.creator_user == ""


def test_it_cannot_be_the_login_role_or_come_without_a_password(drafts):  # noqa: F811
    catalog = connect.connect(by=NOBODY, name="c", **reach(drafts))
    given = creator(drafts, creator_user=drafts.target.user)
    with pytest.raises(Invalid, match="another role"):
        connect.update(catalog, by=NOBODY, **given)
    del given["creator_password"]
    with pytest.raises(Invalid) as refusal:
        connect.update(catalog, by=NOBODY, **{**given, "creator_user": drafts.creator})
    assert set(refusal.value.errors) == {"creator_password"}


def test_the_sql_that_makes_it_quotes_every_name():
    names = {"database": 'd"x', "user": "reader", "creator_user": "maker", "creator_schema": 's"; DROP TABLE t; --'}
    text = creating_role.setup(Catalog(**names))
    assert 'GRANT CONNECT ON DATABASE "d""x" TO "maker";' in text
    assert 'GRANT USAGE ON SCHEMA "s""; DROP TABLE t; --" TO "reader";' in text


def test_a_stored_catalog_is_tested_with_both_roles(catalog, drafts):  # noqa: F811
    assert connect.test_stored(catalog).ok
    run(drafts, "GRANT CREATE ON SCHEMA other TO {creator}")
    result = connect.test_stored(catalog)
    run(drafts, "REVOKE CREATE ON SCHEMA other FROM {creator}")
    assert not result.ok
    assert "CREATOR_MAY_CREATE_ELSEWHERE" in {finding.code for finding in result.findings}

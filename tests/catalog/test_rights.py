"""catalog.rights and catalog.privileges: what opens a function, and who may know that it is there."""

import pytest

from accounts.errors import Invalid, NotFound
from accounts.models import Group
from audit.event import NOBODY, By
from audit.models import AuditEvent
from catalog import privileges
from catalog.models import Privilege, Relation, Routine
from catalog.rights import Held, Rights
from tests.catalog.conftest import catalog_on

pytestmark = pytest.mark.django_db

CATALOG, SCHEMA, FUNCTION = (
    Held("_", "catalog", 1),
    Held("_", "schema", 1, "s"),
    Held("_", "function", 1, "s", "f", "integer"),
)


def holding(*held):
    return Rights(frozenset(level._replace(action=action) for action, level in held))


def may_call(rights, *, runs_as_owner=False):
    return rights.may_use_schema(1, "s") and rights.may_use("EXECUTE", FUNCTION, runs_as_owner=runs_as_owner)


@pytest.mark.parametrize("use_schema", [CATALOG, SCHEMA])
@pytest.mark.parametrize("execute", [CATALOG, SCHEMA, FUNCTION])
def test_a_call_needs_all_three_at_any_height(use_schema, execute):
    needed = [("USE_CATALOG", CATALOG), ("USE_SCHEMA", use_schema), ("EXECUTE", execute)]
    assert may_call(holding(*needed))
    for missing in needed:
        assert not may_call(holding(*(one for one in needed if one != missing)))


@pytest.mark.parametrize(
    "elsewhere",
    [
        FUNCTION._replace(signature="text"),
        FUNCTION._replace(object="g"),
        FUNCTION._replace(schema="t"),
        FUNCTION._replace(catalog=2),
        SCHEMA._replace(schema="t"),
        CATALOG._replace(catalog=2),
    ],
)
def test_a_privilege_on_something_else_opens_nothing(elsewhere):
    assert not may_call(holding(("USE_CATALOG", CATALOG), ("USE_SCHEMA", CATALOG), ("EXECUTE", elsewhere)))


def test_what_runs_as_its_owner_inherits_nothing_s9():
    inherited = [("USE_CATALOG", CATALOG), ("USE_SCHEMA", CATALOG), ("EXECUTE", CATALOG), ("EXECUTE", SCHEMA)]
    assert not may_call(holding(*inherited), runs_as_owner=True)
    assert may_call(holding(*inherited, ("EXECUTE", FUNCTION)), runs_as_owner=True)


@pytest.fixture
def catalog(workshop):
    return catalog_on(workshop)


def test_granting_twice_is_one_row_and_one_record(catalog, alice):
    by = By(principal_id=alice.pk, principal_name=alice.user_name)
    securable = privileges.on(catalog, "shop", function="add")
    assert privileges.grant(alice, "EXECUTE", securable, by=by)
    assert not privileges.grant(alice, "EXECUTE", securable, by=by)
    assert privileges.revoke(alice, "EXECUTE", securable, by=by)
    assert not privileges.revoke(alice, "EXECUTE", securable, by=by)
    told = AuditEvent.objects.filter(object="workshop.shop.add(integer,integer)").order_by("id")
    assert list(told.values_list("action", "details__privilege")) == [
        ("privilege.grant", "EXECUTE"),
        ("privilege.revoke", "EXECUTE"),
    ]


def test_a_group_and_its_member_hold_rows_of_their_own(catalog, bob, analysts):
    securable = privileges.on(catalog)
    assert privileges.grant(analysts, "USE_CATALOG", securable, by=NOBODY)
    assert privileges.grant(bob, "USE_CATALOG", securable, by=NOBODY)
    assert [(one.action, one.group) for one in privileges.effective(bob, securable)] == [
        ("USE_CATALOG", "analysts"),
        ("USE_CATALOG", ""),
    ]


@pytest.mark.parametrize(
    ("where", "action"),
    [({}, "OWN"), ({"schema": "shop"}, "USE_CATALOG"), ({"schema": "shop", "table": "item"}, "EXECUTE")],
)
def test_an_action_that_means_nothing_there_is_refused(catalog, alice, where, action):
    with pytest.raises(Invalid, match="Use one of"):
        privileges.grant(alice, action, privileges.on(catalog, **where), by=NOBODY)


@pytest.mark.parametrize(
    "where",
    [{"schema": "nowhere"}, {"schema": "shop", "table": "no_such"}, {"schema": "shop", "function": "no_such"}],
)
def test_a_securable_that_is_not_there_cannot_be_named(catalog, where):
    with pytest.raises(NotFound):
        privileges.on(catalog, **where)


def test_an_overloaded_function_is_named_with_its_signature(catalog):
    with pytest.raises(Invalid, match="overloaded"):
        privileges.on(catalog, "shop", function="echo")
    assert privileges.on(catalog, "shop", function="echo", signature="text").signature == "text"


def test_a_privilege_survives_a_refresh_that_drops_and_brings_back(catalog, alice):
    privileges.grant(alice, "EXECUTE", privileges.on(catalog, "shop", function="add"), by=NOBODY)
    Routine.objects.filter(name="add").delete()
    assert Privilege.objects.filter(object="add", signature="integer,integer").exists()


def test_effective_privileges_say_where_they_come_from(catalog, bob, analysts):
    add, leak = (privileges.on(catalog, "shop", function=name) for name in ("add", "leak"))
    privileges.grant(analysts, "EXECUTE", privileges.on(catalog), by=NOBODY)
    assert privileges.effective(bob, add) == [privileges.Effective("EXECUTE", "catalog", "workshop", "analysts")]
    assert privileges.effective(bob, leak) == []
    privileges.grant(bob, "EXECUTE", leak, by=NOBODY)
    assert privileges.effective(bob, leak) == [privileges.Effective("EXECUTE", "function", "workshop.shop.leak()")]


def test_what_a_principal_still_lacks_is_told(catalog, bob, analysts):
    add = privileges.on(catalog, "shop", function="add")
    privileges.grant(bob, "EXECUTE", privileges.on(catalog), by=NOBODY)
    assert privileges.lacking(bob, add) == ["USE_CATALOG", "USE_SCHEMA"]
    privileges.grant(analysts, "USE_CATALOG", privileges.on(catalog), by=NOBODY)
    assert privileges.lacking(bob, add) == ["USE_SCHEMA"]
    privileges.grant(bob, "USE_SCHEMA", privileges.on(catalog, "shop"), by=NOBODY)
    assert privileges.lacking(bob, add) == []
    assert privileges.lacking(bob, privileges.on(catalog, "shop", function="leak")) == ["EXECUTE"]
    assert privileges.lacking(analysts, add) == ["USE_SCHEMA", "EXECUTE"]


def test_a_view_that_runs_as_its_owner_needs_a_privilege_by_name_s9(catalog, bob):
    for action in ("USE_CATALOG", "USE_SCHEMA", "SELECT"):
        privileges.grant(bob, action, privileges.on(catalog), by=NOBODY)
    assert privileges.lacking(bob, privileges.on(catalog, "shop", table="as_caller")) == []
    assert privileges.lacking(bob, privileges.on(catalog, "shop", table="as_owner")) == ["SELECT"]
    assert Relation.objects.get(name="as_owner").runs_as_owner


def test_marking_a_function_as_writing_is_audited_and_grows_the_version(catalog):
    routine, version = Routine.objects.get(name="count_up"), catalog.version
    for _ in range(2):
        privileges.mark_writing(routine, True, by=NOBODY)
    routine.refresh_from_db()
    catalog.refresh_from_db()
    assert (routine.writes, catalog.version) == (True, version + 1)
    assert AuditEvent.objects.filter(action="function.mark").count() == 1


def test_a_group_that_goes_takes_its_privileges_along(catalog, analysts):
    privileges.grant(analysts, "USE_CATALOG", privileges.on(catalog), by=NOBODY)
    Group.objects.all().delete()
    assert not Privilege.objects.exists()

"""catalog.functions.visible: who sees what, and how soon a change is felt."""

import pytest

from accounts.models import Group, User
from audit import event_loop
from audit.event import NOBODY
from catalog import functions, introspection, privileges
from catalog.errors import CallFailed, DatabaseUnreachable, NotVisible
from catalog.functions import Caller
from catalog.models import Catalog, Routine
from tests.catalog.conftest import PASSWORD, Shop, as_admin, catalog_on, open_everything
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def catalog(workshop):
    return catalog_on(workshop, read_only=False)


@pytest.fixture
def shop(catalog):
    user = User.objects.create_person("caller@example.com")
    open_everything(user, catalog)
    return Shop(catalog, user)


def sessions(catalog):
    with as_admin() as admin:
        return admin.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", (catalog.user,)).fetchone()[0]


def failure_of(function, arguments, caller):
    """The failure that a call comes to once this process has felt the last change."""
    failures = []

    def has_failed():
        try:
            event_loop.run(functions.call(function, arguments, caller=caller))
        except CallFailed as failure:
            failures.append(failure)
        return failures

    until(has_failed)
    return failures[0]


def sees(shop, name="add", caller=None):
    try:
        return bool(shop.visible(name, caller))
    except NotVisible:
        return False


@pytest.mark.parametrize("place", [("workshop", "shop"), ("workshop", "no_such"), ("no_such", "shop")])
def test_a_stranger_cannot_tell_a_catalog_from_nothing(catalog, charlie, place):
    with pytest.raises(NotVisible) as refusal:
        event_loop.run(functions.visible(*place, Caller(charlie.pk, frozenset())))
    assert str(refusal.value) == ""


def test_execute_without_use_opens_nothing(catalog, bob):
    shop = Shop(catalog, bob)
    privileges.grant(bob, "EXECUTE", privileges.on(catalog), by=NOBODY)
    assert not sees(shop)
    privileges.grant(bob, "USE_CATALOG", privileges.on(catalog), by=NOBODY)
    assert not sees(shop)
    privileges.grant(bob, "USE_SCHEMA", privileges.on(catalog, "shop"), by=NOBODY)
    until(lambda: sees(shop), 1)


def test_a_function_that_runs_as_its_owner_is_seen_only_when_granted_by_name_s9(shop, bob):
    for action in ("USE_CATALOG", "USE_SCHEMA", "EXECUTE"):
        privileges.grant(bob, action, privileges.on(shop.catalog), by=NOBODY)
    caller = Caller(bob.pk, frozenset())
    assert sees(shop, "add", caller)
    assert not sees(shop, "leak", caller)
    privileges.grant(bob, "EXECUTE", privileges.on(shop.catalog, "shop", function="leak"), by=NOBODY)
    until(lambda: sees(shop, "leak", caller), 1)
    assert shop.value("leak") == "canary-7f3a"


def test_a_group_opens_what_it_holds(shop, charlie):
    group = Group.objects.create(name="callers")
    for action in ("USE_CATALOG", "USE_SCHEMA"):
        privileges.grant(group, action, privileges.on(shop.catalog), by=NOBODY)
    privileges.grant(group, "EXECUTE", privileges.on(shop.catalog, "shop", function="add"), by=NOBODY)
    caller = Caller(charlie.pk, frozenset({group.pk}))
    assert [function.name for function in shop.visible(None, caller)] == ["add"]
    assert not sees(shop, "add", Caller(charlie.pk, frozenset()))


def test_a_revoked_privilege_is_felt_within_a_second_even_by_a_function_held_in_hand(shop):
    function = shop.function("leak")
    assert shop.value("leak") == "canary-7f3a"
    privileges.revoke(shop.user, "EXECUTE", privileges.on(shop.catalog, "shop", function="leak"), by=NOBODY)

    def is_refused():
        try:
            event_loop.run(functions.call(function, {}, caller=shop.caller))
        except NotVisible:
            return True
        return False

    until(is_refused, 1)
    assert not sees(shop, "leak")


def test_a_new_function_appears_with_the_refresh(shop, workshop):
    with as_admin(workshop.database) as owner:
        owner.execute("CREATE FUNCTION shop.brand_new() RETURNS int RETURN 1")
        try:
            introspection.refresh(shop.catalog)
            until(lambda: sees(shop, "brand_new"), 1)
        finally:
            owner.execute("DROP FUNCTION shop.brand_new")


def test_a_switched_off_catalog_is_not_there_and_its_connections_close(shop):
    assert shop.value("add", {"a": 1}) == 11
    Catalog.objects.update(enabled=False)
    until(lambda: not sees(shop), 1)
    until(lambda: sessions(shop.catalog) == 0)


def test_a_removed_catalog_closes_its_connections(shop):
    assert shop.value("add", {"a": 1}) == 11
    assert sessions(shop.catalog) == 1
    shop.catalog.delete()
    until(lambda: sessions(shop.catalog) == 0)
    assert not sees(shop)


def test_changed_limits_hold_from_the_next_call(shop):
    assert len(shop.call("numbers", {"n": 50}).rows) == 50
    Catalog.objects.update(row_limit=5)
    until(lambda: len(shop.call("numbers", {"n": 50}).rows) == 5, 1)


def test_a_writing_function_of_a_read_only_catalog_is_refused(shop):
    Catalog.objects.update(read_only=True)
    privileges.mark_writing(Routine.objects.get(name="count_up"), True, by=NOBODY)
    until(lambda: shop.function("count_up").writes)
    function = shop.function("count_up")
    assert failure_of(function, {"n": 1}, shop.caller).code == "CATALOG_READ_ONLY"


def test_a_role_that_became_too_powerful_stops_every_call(shop):
    function = shop.function("add")
    Catalog.objects.update(findings=[{"code": "ROLE_SUPERUSER", "severity": "refused", "message": "", "remedy": ""}])
    assert failure_of(function, {"a": 1}, shop.caller).code == "CATALOG_REFUSED"


@pytest.mark.parametrize("change", [{"port": 1}, {"host": "no-such-host.invalid"}, {"database": "no_such_database"}])
def test_an_unreachable_database_is_told_without_its_address_s16(shop, change):
    function = shop.function("add")
    Catalog.objects.update(**change)
    failure = failure_of(function, {"a": 1}, shop.caller)
    assert isinstance(failure, DatabaseUnreachable)
    for secret in (*map(str, change.values()), shop.catalog.user, PASSWORD):
        assert secret not in failure.message
    assert PASSWORD not in failure.detail


def test_a_password_that_no_key_opens_is_an_unreachable_database(shop, settings):
    function = shop.function("add")
    settings.GATEPOST_SECRET_KEYS = ("another key",)
    failure = failure_of(function, {"a": 1}, shop.caller)
    assert isinstance(failure, DatabaseUnreachable)
    assert "GATEPOST_SECRET_KEYS" in failure.detail

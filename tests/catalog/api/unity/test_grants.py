"""catalog.api.unity.grants: who holds what, and changing it."""

import pytest

from audit.models import AuditEvent
from catalog.models import Privilege
from catalog.names import overload_suffix
from tests.catalog.api.unity.conftest import UC, give, ok

pytestmark = pytest.mark.django_db
ITEM = "permissions/table/workshop.shop.item"


def patch(client, path, *changes):
    return client.send("PATCH", f"{UC}/{path}", {"changes": list(changes)})


def held(answer):
    return {row["principal"]: row["privileges"] for row in answer["privilege_assignments"]}


def test_changes_are_made_recorded_and_answered(admin, catalog, bob, analysts):
    answer = patch(
        admin,
        "permissions/catalog/workshop",
        {"principal": "bob@example.com", "add": ["USE_CATALOG", "SELECT"]},
        {"principal": "analysts", "add": ["EXECUTE"]},
    )
    assert held(answer.json()) == {"bob@example.com": ["SELECT", "USE_CATALOG"], "analysts": ["EXECUTE"]}
    assert AuditEvent.objects.filter(action="privilege.grant").count() == 3
    answer = patch(admin, "permissions/CATALOG/workshop", {"principal": "bob@example.com", "remove": ["SELECT"]})
    assert held(answer.json()) == {"bob@example.com": ["USE_CATALOG"]}
    assert held(ok(admin, "permissions/catalog/workshop?principal=analysts")) == {"analysts": ["EXECUTE"]}
    assert held(ok(admin, ITEM)) == {}


def test_all_privileges_are_expanded_when_stored_and_when_taken_away(admin, catalog, bob):
    answer = patch(admin, ITEM, {"principal": "bob@example.com", "add": ["ALL_PRIVILEGES"]})
    assert held(answer.json()) == {"bob@example.com": ["MODIFY", "SELECT"]}
    patch(admin, ITEM, {"principal": "bob@example.com", "remove": ["ALL_PRIVILEGES"]})
    assert not Privilege.objects.exists()


def test_a_privilege_on_a_function_hangs_on_its_signature(admin, catalog, bob):
    name = "echo" + overload_suffix("text")
    add = {"principal": "bob@example.com", "add": ["EXECUTE"]}
    patch(admin, f"permissions/function/workshop.shop.{name}", add)
    assert Privilege.objects.get().signature == "text"
    assert patch(admin, "permissions/function/workshop.shop.echo", add).status_code == 404


@pytest.mark.parametrize(
    ("path", "second", "status", "code"),
    [
        (ITEM, {"principal": "nobody@example.com", "add": ["SELECT"]}, 404, "PRINCIPAL_DOES_NOT_EXIST"),
        (ITEM, {"principal": "bob@example.com", "add": ["EXECUTE"]}, 400, "INVALID_PARAMETER_VALUE"),
        (ITEM, {"principal": "bob@example.com", "add": ["BROWSE"]}, 400, "INVALID_PARAMETER_VALUE"),
        (ITEM, {"principal": "bob@example.com", "ad": ["SELECT"]}, 400, "INVALID_PARAMETER_VALUE"),
        ("permissions/volume/workshop.shop.item", {}, 400, "INVALID_PARAMETER_VALUE"),
        ("permissions/table/workshop.shop.none", {}, 404, "TABLE_DOES_NOT_EXIST"),
        ("permissions/schema/workshop.none", {}, 404, "SCHEMA_DOES_NOT_EXIST"),
    ],
)
def test_all_changes_are_made_or_none(admin, catalog, bob, path, second, status, code):
    answer = patch(admin, path, {"principal": "bob@example.com", "add": ["SELECT"]}, second)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert not Privilege.objects.exists()


def test_effective_permissions_tell_from_where(admin, catalog, bob, analysts):
    Privilege.objects.create(group=analysts, action="SELECT", securable="catalog", catalog=catalog)
    give(bob, catalog, "MODIFY", securable="schema", schema="shop")
    give(bob, catalog, "SELECT", securable="table", schema="shop", object="item")
    path = "effective-permissions/table/workshop.shop.item"
    mine = held(ok(admin, f"{path}?principal=bob@example.com"))["bob@example.com"]
    assert mine == [
        {"privilege": "SELECT"},
        {"privilege": "MODIFY", "inherited_from_name": "workshop.shop", "inherited_from_type": "SCHEMA"},
        {"privilege": "SELECT", "inherited_from_name": "workshop", "inherited_from_type": "CATALOG"},
    ]
    assert set(held(ok(admin, path))) == {"bob@example.com", "analysts"}
    assert held(ok(admin, "effective-permissions/table/workshop.shop.as_owner")) == {}


def test_others_see_their_own_and_change_nothing(caller, alice, catalog, bob, charlie, analysts):
    give(charlie, catalog, "USE_CATALOG")
    Privilege.objects.create(group=analysts, action="USE_CATALOG", securable="catalog", catalog=catalog)
    path = "permissions/catalog/workshop"
    assert set(held(ok(caller(bob), path))) == {"analysts"}
    assert set(held(ok(caller(charlie), path))) == {"charlie@example.com"}
    assert caller(bob).send("GET", f"{UC}/{path}?principal=charlie@example.com").status_code == 404
    assert patch(caller(bob), path, {"principal": "bob@example.com", "add": ["SELECT"]}).status_code == 403
    assert patch(caller(alice, "all-apis"), path).status_code == 403

"""SCIM groups."""

import pytest

from accounts.models import Group

pytestmark = pytest.mark.django_db
GROUPS = "/api/2.0/preview/scim/v2/Groups"


def patch_op(*operations):
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}


def values(group):
    return [member["value"] for member in group.get("members", [])]


def test_a_group_from_creation_to_deletion(admin, bob, etl, recorded):
    body = {"displayName": "engineers", "members": [{"value": str(bob.pk)}]}
    made = admin.send("POST", GROUPS, body)
    assert made.status_code == 201
    group = made.json()
    assert group["meta"]["resourceType"] == "Group"
    assert group["members"] == [{"value": str(bob.pk), "display": "Bob", "type": "User", "$ref": f"Users/{bob.pk}"}]
    path = f"{GROUPS}/{group['id']}"
    replaced = admin.send("PUT", path, {"displayName": "makers", "members": [{"value": str(etl.pk)}]}).json()
    assert (replaced["displayName"], values(replaced)) == ("makers", [str(etl.pk)])
    assert admin.send("DELETE", path).status_code == 204
    assert admin.send("GET", path).status_code == 404
    assert recorded() == ["group.create", "group.update", "group.delete"]


def test_members_are_added_and_taken(admin, analysts, alice, bob, etl):
    analysts.members.set([alice])
    path = f"{GROUPS}/{analysts.pk}"
    add = patch_op({"op": "add", "path": "members", "value": [{"value": str(bob.pk)}, {"value": str(etl.pk)}]})
    assert sorted(values(admin.send("PATCH", path, add).json())) == sorted(map(str, (alice.pk, bob.pk, etl.pk)))
    remove = patch_op({"op": "remove", "path": f'members[value eq "{bob.pk}"]'})
    assert sorted(values(admin.send("PATCH", path, remove).json())) == sorted(map(str, (alice.pk, etl.pk)))
    remove = patch_op({"op": "remove", "path": "members", "value": [{"value": str(etl.pk)}]})
    assert values(admin.send("PATCH", path, remove).json()) == [str(alice.pk)]
    assert "members" not in admin.send("PATCH", path, patch_op({"op": "remove", "path": "members"})).json()


def test_operations_see_what_those_before_them_did(admin, analysts, alice, bob):
    operations = patch_op(
        {"op": "replace", "path": "members", "value": [{"value": str(alice.pk)}]},
        {"op": "add", "value": {"members": [{"value": str(bob.pk)}], "displayName": "all"}},
        {"op": "remove", "path": f'members[value eq "{alice.pk}"]'},
    )
    group = admin.send("PATCH", f"{GROUPS}/{analysts.pk}", operations).json()
    assert (group["displayName"], values(group)) == ("all", [str(bob.pk)])


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "add", "path": "members", "value": [{"value": "1"}]}, "invalidValue"),
        ({"op": "add", "path": "members", "value": [{"value": "x"}]}, "invalidValue"),
        ({"op": "add", "path": "members", "value": "x"}, "invalidValue"),
        ({"op": "add", "path": "members"}, "invalidValue"),
        ({"op": "remove", "path": "displayName"}, "invalidValue"),
    ],
)
def test_a_bad_patch_changes_nothing(admin, analysts, operation, scim_type):
    rename = {"op": "replace", "value": {"displayName": "renamed"}}
    answer = admin.send("PATCH", f"{GROUPS}/{analysts.pk}", patch_op(rename, operation))
    assert (answer.status_code, answer.json()["scimType"]) == (400, scim_type)
    assert Group.objects.get().name == "analysts"


def test_a_name_is_unique_whatever_the_case(admin, analysts):
    answer = admin.send("POST", GROUPS, {"displayName": "ANALYSTS"})
    assert (answer.status_code, answer.json()["scimType"]) == (409, "uniqueness")


def test_a_group_needs_a_name(admin):
    assert admin.send("POST", GROUPS, {}).json()["scimType"] == "invalidValue"

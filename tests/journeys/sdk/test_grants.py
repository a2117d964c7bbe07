"""rest-api.md 5: grants on catalogs, schemas, tables and functions."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.catalog import PermissionsChange, Privilege, SecurableType
from databricks.sdk.service.iam import ComplexValue

from tests.journeys.sdk.connecting import workspace_of

TABLE = ("table", "demo.sales.products")


@pytest.fixture
def group(workspace):
    made = workspace.groups.create(display_name="analysts-by-sdk")
    yield made.display_name
    workspace.groups.delete(made.id)


def change(principal, *, add=None, remove=None):
    return PermissionsChange(principal=principal, add=add, remove=remove)


@pytest.mark.parametrize(
    ("kind", "name", "expanded"),
    [
        ("catalog", "demo", {"USE_CATALOG", "USE_SCHEMA", "EXECUTE", "SELECT", "MODIFY"}),
        ("schema", "demo.sales", {"USE_SCHEMA", "EXECUTE", "SELECT", "MODIFY"}),
        ("TABLE", "demo.sales.products", {"SELECT", "MODIFY"}),
        ("Function", "demo.sales.convert_amount", {"EXECUTE"}),
    ],
)
def test_all_privileges_are_those_that_make_sense_there(workspace, group, kind, name, expanded):
    made = workspace.grants.update(kind, name, changes=[change(group, add=[Privilege.ALL_PRIVILEGES])])
    (row,) = made.privilege_assignments
    assert {privilege.value for privilege in row.privileges} == expanded
    assert workspace.grants.get(kind, name, principal=group).privilege_assignments == [row]
    gone = workspace.grants.update(kind, name, changes=[change(group, remove=[Privilege.ALL_PRIVILEGES])])
    assert not gone.privilege_assignments
    assert not workspace.grants.get(kind, name, principal=group).privilege_assignments


def test_every_kind_of_principal_has_its_name(workspace, group, somebody):
    for principal in ("member@demo.example", group, somebody.application_id):
        made = workspace.grants.update(*TABLE, changes=[change(principal, add=[Privilege.SELECT])])
        assert [row.principal for row in made.privilege_assignments] == [principal]
        workspace.grants.update(*TABLE, changes=[change(principal, remove=[Privilege.SELECT])])


def test_what_is_inherited_says_from_where_groups_included(workspace, somebody, group):
    (found,) = workspace.groups.list(filter=f'displayName eq "{group}"')
    workspace.groups.update(found.id, display_name=group, members=[ComplexValue(value=somebody.id)])
    workspace.grants.update("catalog", "demo", changes=[change(group, add=[Privilege.SELECT])])
    workspace.grants.update(*TABLE, changes=[change(somebody.application_id, add=[Privilege.MODIFY])])
    (row,) = workspace.grants.get_effective(*TABLE, principal=somebody.application_id).privilege_assignments
    told = {one.privilege: (one.inherited_from_type, one.inherited_from_name) for one in row.privileges}
    assert told == {Privilege.SELECT: (SecurableType.CATALOG, "demo"), Privilege.MODIFY: (None, None)}
    (direct,) = workspace.grants.get(*TABLE, principal=somebody.application_id).privilege_assignments
    assert direct.privileges == [Privilege.MODIFY]


def test_changes_are_made_together_or_not_at_all(workspace, group):
    good = change(group, add=[Privilege.SELECT])
    for bad, error, words in (
        (change("nobody", add=[Privilege.SELECT]), NotFound, "nobody"),
        (change(group, add=[Privilege.CREATE_TABLE]), BadRequest, "CREATE_TABLE"),
        (change(group, add=[Privilege.USE_CATALOG]), BadRequest, "USE_CATALOG"),
    ):
        with pytest.raises(error, match=words) as refusal:
            workspace.grants.update(*TABLE, changes=[good, bad])
        if error is NotFound:
            assert refusal.value.error_code == "PRINCIPAL_DOES_NOT_EXIST"
        assert not workspace.grants.get(*TABLE, principal=group).privilege_assignments


def test_what_cannot_be_granted_on_is_refused(workspace):
    with pytest.raises(BadRequest, match="volume"):
        workspace.grants.get("volume", "demo.sales.x")
    with pytest.raises(NotFound):
        workspace.grants.get("table", "demo.sales.nothing")
    with pytest.raises(NotFound, match="nobody"):
        workspace.grants.get_effective(*TABLE, principal="nobody")


def test_a_member_sees_their_own_and_changes_nothing(gatepost):
    member = workspace_of(gatepost, token=gatepost.facts["member_token"])
    rows = member.grants.get_effective("schema", "demo.sales").privilege_assignments
    assert {row.principal for row in rows} <= {"member@demo.example", "analysts", "everybody"}
    with pytest.raises(PermissionDenied):
        member.grants.update("schema", "demo.sales", changes=[change("member@demo.example", add=[Privilege.MODIFY])])

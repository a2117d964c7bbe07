"""rest-api.md 4.4: service accounts, people and groups, on the account's paths and on the workspace's."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound, ResourceConflict
from databricks.sdk.service.iam import ComplexValue, ListSortOrder, Name, Patch, PatchOp

from tests.journeys.sdk.connecting import PATCH, wire
from tests.requirements import requirement

SCIM = "/api/2.0/preview/scim/v2"
OFF = Patch(op=PatchOp.REPLACE, value={"active": False})


def values(rows):
    return [row.value for row in rows or ()]


@pytest.mark.parametrize(
    "service",
    [
        "account.service_principals",
        "account.service_principals_v2",
        "workspace.service_principals",
        "workspace.service_principals_v2",
    ],
    indirect=True,
)
def test_a_service_account_from_its_making_to_its_end(service):
    made = service.create(display_name="Nightly", external_id="ext-1")
    assert made.id.isdigit()
    assert (made.active, made.display_name, made.external_id) == (True, "Nightly", "ext-1")
    assert len(made.application_id) == 36
    assert service.get(made.id) == made
    assert [row.id for row in service.list(filter=f'applicationId eq "{made.application_id.upper()}"')] == [made.id]
    service.patch(made.id, operations=[OFF], schemas=PATCH)
    assert service.get(made.id).active is False
    service.update(made.id, display_name="Renamed", active=True, application_id=made.application_id)
    assert (service.get(made.id).display_name, service.get(made.id).active) == ("Renamed", True)
    service.delete(made.id)
    for call in (service.get, service.delete):
        with pytest.raises(NotFound):
            call(made.id)


@pytest.mark.parametrize(
    "service", ["account.users", "account.users_v2", "workspace.users", "workspace.users_v2"], indirect=True
)
def test_a_person_from_the_invitation_to_the_end(service):
    made = service.create(user_name="Eve@example.com", display_name="Eve", external_id="ext-2")
    assert made.id.isdigit()
    assert (made.user_name, made.display_name, made.active, made.external_id) == (
        "eve@example.com",
        "Eve",
        True,
        "ext-2",
    )
    assert values(made.emails) == ["eve@example.com"]
    with pytest.raises(ResourceConflict, match=r"eve@example\.com") as refusal:
        service.create(user_name="EVE@example.com")
    assert refusal.value.error_code is None or "uniqueness" in str(refusal.value)
    assert [row.id for row in service.list(filter='userName eq "EVE@example.com"')] == [made.id]
    service.patch(made.id, operations=[OFF], schemas=PATCH)
    assert service.get(made.id).active is False
    service.update(made.id, user_name="eva@example.com", display_name="Eva", active=True)
    shown = service.get(made.id)
    assert (shown.user_name, shown.display_name, shown.active) == ("eva@example.com", "Eva", True)
    service.delete(made.id)
    for call in (service.get, service.delete):
        with pytest.raises(NotFound):
            call(made.id)


@pytest.mark.parametrize(
    "service", ["account.groups", "account.groups_v2", "workspace.groups", "workspace.groups_v2"], indirect=True
)
def test_a_group_from_its_making_to_its_end(service, somebody, workspace):
    me = workspace.current_user.me().id
    made = service.create(display_name="Makers", external_id="ext-3", members=[ComplexValue(value=somebody.id)])
    assert made.id.isdigit()
    assert values(made.members) == [somebody.id]
    with pytest.raises(ResourceConflict):
        service.create(display_name="MAKERS")
    assert [row.id for row in service.list(filter='displayName sw "make"')] == [made.id]
    add = Patch(op=PatchOp.ADD, path="members", value=[{"value": me}])
    service.patch(made.id, operations=[add], schemas=PATCH)
    assert sorted(values(service.get(made.id).members)) == sorted({me, somebody.id})
    take = Patch(op=PatchOp.REMOVE, path=f'members[value eq "{me}"]')
    service.patch(made.id, operations=[take], schemas=PATCH)
    assert values(service.get(made.id).members) == [somebody.id]
    service.update(made.id, display_name="Builders")  # PUT: members that are not sent go
    assert (service.get(made.id).display_name, values(service.get(made.id).members)) == ("Builders", [])
    service.delete(made.id)
    for call in (service.get, service.delete):
        with pytest.raises(NotFound):
            call(made.id)


def test_both_surfaces_and_both_versions_show_the_same_rows(account, workspace, somebody):
    for service in (account.service_principals_v2, workspace.service_principals, workspace.service_principals_v2):
        assert service.get(somebody.id).application_id == somebody.application_id
    assert wire(workspace, f"{SCIM}/ServicePrincipals/{somebody.id}")["id"] == somebody.id


def test_a_given_name_of_a_person_is_kept(workspace):
    name = Name(given_name="Eve", family_name="Example")
    made = workspace.users.create(user_name="eve@example.com", name=name)
    assert (made.name, made.display_name) == (name, "Eve Example")
    change = Patch(op=PatchOp.REPLACE, path="name.familyName", value="Other")
    workspace.users.patch(made.id, operations=[change], schemas=PATCH)
    assert workspace.users.get(made.id).name == Name(given_name="Eve", family_name="Other")
    workspace.users.delete(made.id)


def test_roles_are_given_and_taken(account, somebody):
    def roles():
        return values(account.service_principals.get(somebody.id).roles)

    def change(*operations):
        account.service_principals.patch(somebody.id, operations=list(operations), schemas=PATCH)

    change(Patch(op=PatchOp.ADD, path="roles", value=[{"value": "auditor"}]))
    assert roles() == ["auditor"]
    change(Patch(op=PatchOp.ADD, path="roles", value=[{"value": "account_admin"}]))
    assert roles() == ["account_admin", "auditor"]
    change(Patch(op=PatchOp.REMOVE, path='roles[value eq "account_admin"]'))
    assert roles() == ["auditor"]
    with pytest.raises(BadRequest, match="emperor"):
        change(Patch(op=PatchOp.ADD, path="roles", value=[{"value": "emperor"}]))
    change(Patch(op=PatchOp.REMOVE, path="roles"))
    assert roles() == []


def test_a_patch_is_done_as_a_whole_or_not_at_all(account, somebody):
    wrong = Patch(op=PatchOp.ADD, path="roles", value=[{"value": "emperor"}])
    with pytest.raises(BadRequest):
        account.service_principals.patch(somebody.id, operations=[OFF, wrong], schemas=PATCH)
    assert account.service_principals.get(somebody.id).active is True


@requirement("REST-TRAP-4")
def test_a_falsy_value_that_the_sdk_drops_is_refused_with_what_to_send(workspace, somebody):
    dropped = Patch(op=PatchOp.REPLACE, path="active", value=False)
    assert "value" not in dropped.as_dict()
    with pytest.raises(BadRequest, match=r'\{"op":"replace","value":\{"active":false\}\}'):
        workspace.service_principals.patch(somebody.id, operations=[dropped], schemas=PATCH)
    assert workspace.service_principals.get(somebody.id).active is True


@requirement("REST-TRAP-3")
def test_a_list_ends_on_an_empty_page_and_only_then(gatepost, workspace):
    gatepost.database.execute(
        """INSERT INTO accounts_group (id, name, external_id, created_at)
           SELECT nextval('accounts_principal_id'), 'g' || n, '', now() FROM generate_series(1, 105) n"""
    )
    try:
        walked = [int(row.id) for row in workspace.groups.list(filter='displayName sw "g"')]
        assert len(walked) == 105
        assert walked == sorted(walked)
        query = {"filter": 'displayName sw "g"', "startIndex": 101, "count": 10_000}
        second = wire(workspace, f"{SCIM}/Groups", **query)
        counted = second["totalResults"], second["startIndex"], second["itemsPerPage"], len(second["Resources"])
        assert counted == (105, 101, 5, 5)
        past = wire(workspace, f"{SCIM}/Groups", **{**query, "startIndex": 106})
        assert (past["totalResults"], past["itemsPerPage"], past["Resources"]) == (105, 0, [])
        first = wire(workspace, f"{SCIM}/Groups", count=10_000)
        assert first["itemsPerPage"] == 100
    finally:
        gatepost.database.execute("DELETE FROM accounts_group WHERE name ~ '^g[0-9]+$'")


def test_filters_sorting_and_attributes(workspace, credentials):
    def found(text, **options):
        return [row.user_name for row in workspace.users.list(filter=text, **options)]

    assert found('userName co "DEMO.example" and active eq true') == ["admin@demo.example", "member@demo.example"]
    assert found('userName sw "member" or displayName eq "ada admin"') == ["admin@demo.example", "member@demo.example"]
    assert found('userName ne "admin@demo.example" and userName co "@demo"') == ["member@demo.example"]
    order = {"sort_by": "userName", "sort_order": ListSortOrder.DESCENDING}
    assert found('userName co "@demo.example"', **order) == ["member@demo.example", "admin@demo.example"]
    (person,) = workspace.users.list(filter='userName sw "member"', attributes="userName")
    assert set(person.as_dict()) == {"id", "schemas", "userName"}
    (person,) = workspace.users.list(filter='userName sw "member"', excluded_attributes="emails,active")
    assert (person.emails, person.active, person.user_name) == ([], None, "member@demo.example")
    assert found(f'id eq "{workspace.users.list().__next__().id}"')
    for text in ("userName", 'userName gt "a"', '(userName eq "a")', 'emails eq "a"', 'userName eq "a" xor id eq "1"'):
        with pytest.raises(BadRequest, match="invalidFilter"):
            found(text)


@requirement("REST-TRAP-8")
def test_an_error_never_begins_with_none(workspace, gatepost):
    with pytest.raises(NotFound) as refusal:
        workspace.users.get("1")
    assert "None" not in str(refusal.value)
    headers = {"Authorization": f"Bearer {gatepost.facts['admin_token']}"}
    for method, path, body in (
        ("GET", "/Users/1", None),
        ("GET", "/Users?filter=x", None),
        ("POST", "/Users", {"userName": "admin@demo.example"}),
        ("POST", "/Users", {"userName": "x"}),
        ("POST", "/Groups", {}),
        ("PATCH", "/Users/1000", {}),
        ("DELETE", "/Users", None),
    ):
        answer = gatepost.answer(method, SCIM + path, headers=headers, **({} if body is None else {"json": body}))
        told = answer.json()
        assert told["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert told["status"] == str(answer.status_code)
        assert told["scimType"], told
        assert told["detail"]


def test_unknown_attributes_are_ignored(workspace):
    body = {"displayName": "plain", "nickName": "x", "urn:example:more": {"a": 1}}
    made = workspace.api_client.do("POST", f"{SCIM}/ServicePrincipals", body=body)
    assert "nickName" not in made
    workspace.service_principals.delete(made["id"])


def test_the_last_admin_stays(workspace):
    (ada,) = workspace.users.list(filter='userName eq "admin@demo.example"')
    no_roles = Patch(op=PatchOp.REPLACE, path="roles", value=[{"value": "auditor"}])
    for end in (
        lambda: workspace.users.delete(ada.id),
        lambda: workspace.users.patch(ada.id, operations=[OFF], schemas=PATCH),
        lambda: workspace.users.patch(ada.id, operations=[no_roles], schemas=PATCH),
    ):
        with pytest.raises(BadRequest, match="last active account admin") as refusal:
            end()
        assert "mutability" in str(refusal.value)
    assert values(workspace.users.get(ada.id).roles) == ["account_admin"]

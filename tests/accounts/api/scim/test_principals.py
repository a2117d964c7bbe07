"""SCIM people and service accounts. RFC 7644."""

import uuid

import pytest

from accounts.models import Account, User

pytestmark = pytest.mark.django_db
WORKSPACE = "/api/2.0/preview/scim/v2"


@pytest.fixture(params=["workspace", "account"])
def base(request, db):
    if request.param == "workspace":
        return WORKSPACE
    return f"/api/2.0/accounts/{Account.load().account_id}/scim/v2"


def patch_op(*operations):
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}


def assert_scim_error(response, status, scim_type):
    body = response.json()
    assert (response.status_code, body["status"], body["scimType"]) == (status, str(status), scim_type)
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    return body["detail"]


def test_a_person_is_shown_with_roles_and_groups(admin, alice, analysts, base):
    person = admin.send("GET", f"{base}/Users/{alice.pk}").json()
    assert person["id"] == str(alice.pk)
    assert (person["userName"], person["displayName"], person["active"]) == ("alice@example.com", "Alice", True)
    assert person["emails"] == [{"type": "work", "value": "alice@example.com", "primary": True}]
    assert person["roles"] == [{"value": "account_admin"}]
    assert person["groups"][0]["display"] == "analysts"
    assert "externalId" not in person


def test_a_service_account_is_shown(admin, etl, base):
    account = admin.send("GET", f"{base}/ServicePrincipals/{etl.pk}").json()
    assert account["applicationId"] == str(etl.application_id)
    assert (account["displayName"], account["active"]) == ("etl", True)


@pytest.mark.parametrize("kind", ["Users", "ServicePrincipals", "Groups"])
@pytest.mark.parametrize("row_id", ["1", "x", "%00", "9" * 40])
def test_an_unknown_row_is_404(admin, base, kind, row_id):
    assert_scim_error(admin.send("GET", f"{base}/{kind}/{row_id}"), 404, "notFound")


def test_the_kinds_are_not_mixed(admin, alice, etl, base):
    assert admin.send("GET", f"{base}/Users/{etl.pk}").status_code == 404
    assert admin.send("GET", f"{base}/ServicePrincipals/{alice.pk}").status_code == 404


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "value": {"active": False}},
        {"op": "Replace", "path": "active", "value": False},
        {"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": False},
    ],
)
def test_a_person_is_switched_off(admin, bob, base, operation):
    answer = admin.send("PATCH", f"{base}/Users/{bob.pk}", patch_op(operation))
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    bob.refresh_from_db()
    assert bob.is_active is False
    answer = admin.send("PATCH", f"{base}/Users/{bob.pk}", patch_op({"op": "replace", "value": {"active": True}}))
    assert answer.json()["active"] is True


def test_a_value_that_the_sdk_dropped_is_not_guessed(admin, bob, base):
    answer = admin.send("PATCH", f"{base}/Users/{bob.pk}", patch_op({"op": "replace", "path": "active"}))
    assert '{"op":"replace","value":{"active":false}}' in assert_scim_error(answer, 400, "invalidValue")


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ({}, "invalidSyntax"),
        (patch_op(), "invalidSyntax"),
        (patch_op("x"), "invalidSyntax"),
        (patch_op({"op": "move"}), "invalidSyntax"),
        (patch_op({"op": ["replace"]}), "invalidSyntax"),
        (patch_op({"op": "remove"}), "noTarget"),
        (patch_op({"op": "replace", "value": "x"}), "invalidValue"),
        (patch_op({"op": "replace", "path": "a b", "value": 1}), "invalidPath"),
        (patch_op({"op": "replace", "path": 5, "value": 1}), "invalidPath"),
        (patch_op({"op": "replace", "path": "active", "value": "False"}), "invalidValue"),
        (patch_op({"op": "remove", "path": "active"}), "invalidValue"),
        (patch_op({"op": "replace", "path": "roles", "value": [{"value": "owner"}]}), "invalidValue"),
        (patch_op({"op": "replace", "path": "displayName", "value": "a\0b"}), "invalidValue"),
        (patch_op({"op": "replace", "path": "displayName", "value": ""}), "invalidValue"),
        (patch_op({"op": "replace", "path": "userName", "value": "x"}), "invalidValue"),
    ],
)
def test_a_bad_patch_changes_nothing(admin, bob, body, scim_type):
    if body.get("Operations"):
        body["Operations"].insert(0, {"op": "replace", "path": "externalId", "value": "changed"})
    assert_scim_error(admin.send("PATCH", f"{WORKSPACE}/Users/{bob.pk}", body), 400, scim_type)
    bob.refresh_from_db()
    assert (bob.external_id, bob.is_active) == ("", True)


def test_unknown_attributes_are_ignored(admin, bob):
    answer = admin.send("PATCH", f"{WORKSPACE}/Users/{bob.pk}", patch_op({"op": "add", "value": {"shoeSize": 5}}))
    assert answer.status_code == 200


def test_the_last_account_admin_stays(admin, alice, base):
    path = f"{base}/Users/{alice.pk}"
    for attempt in (
        admin.send("PATCH", path, patch_op({"op": "replace", "value": {"active": False}})),
        admin.send("PATCH", path, patch_op({"op": "remove", "path": "roles"})),
        admin.send("PATCH", path, patch_op({"op": "remove", "path": 'roles[value eq "account_admin"]'})),
        admin.send("PUT", path, {"userName": "alice@example.com"}),
        admin.send("DELETE", path),
    ):
        assert_scim_error(attempt, 400, "mutability")


def test_roles_are_added_and_taken(admin, bob):
    path = f"{WORKSPACE}/Users/{bob.pk}"
    add = patch_op({"op": "add", "path": "roles", "value": [{"value": "auditor"}, {"value": "account_admin"}]})
    assert admin.send("PATCH", path, add).json()["roles"] == [{"value": "account_admin"}, {"value": "auditor"}]
    remove = patch_op({"op": "remove", "path": 'roles[value eq "account_admin"]'})
    assert admin.send("PATCH", path, remove).json()["roles"] == [{"value": "auditor"}]
    assert "roles" not in admin.send("PATCH", path, patch_op({"op": "remove", "path": "roles"})).json()


def test_a_person_from_creation_to_deletion(admin, base, recorded):
    body = {"userName": "Eve@Example.com", "displayName": "Eve", "roles": [{"value": "auditor"}], "active": False}
    made = admin.send("POST", f"{base}/Users", body)
    assert made.status_code == 201
    assert (made.json()["userName"], made.json()["active"]) == ("eve@example.com", False)
    assert User.objects.get(email="eve@example.com").has_usable_password() is False
    path = f"{base}/Users/{made.json()['id']}"
    replaced = admin.send("PUT", path, {"userName": "eve@example.com", "displayName": "Eva", "active": True}).json()
    assert (replaced["displayName"], replaced["active"]) == ("Eva", True)
    assert "roles" not in replaced
    assert admin.send("DELETE", path).status_code == 204
    assert admin.send("DELETE", path).status_code == 404
    assert recorded()[0] == "user.create"
    assert recorded()[-1] == "user.delete"


def test_a_duplicate_person_is_409(admin, bob, base):
    assert_scim_error(admin.send("POST", f"{base}/Users", {"userName": "BOB@example.com"}), 409, "uniqueness")


@pytest.mark.parametrize("body", [{}, {"userName": 5}, {"userName": "x"}, {"userName": "a@example.com", "roles": "x"}])
def test_a_bad_person_is_400_and_not_made(admin, alice, body):
    assert_scim_error(admin.send("POST", f"{WORKSPACE}/Users", body), 400, "invalidValue")
    assert User.objects.count() == 1


def test_a_service_account_from_creation_to_deletion(admin, base):
    application_id = str(uuid.uuid4())
    made = admin.send("POST", f"{base}/ServicePrincipals", {"displayName": "ci", "applicationId": application_id})
    assert (made.status_code, made.json()["applicationId"]) == (201, application_id)
    again = admin.send("POST", f"{base}/ServicePrincipals", {"displayName": "ci", "applicationId": application_id})
    assert_scim_error(again, 409, "uniqueness")
    path = f"{base}/ServicePrincipals/{made.json()['id']}"
    off = admin.send("PATCH", path, patch_op({"op": "replace", "value": {"active": False}}))
    assert off.json()["active"] is False
    assert admin.send("DELETE", path).status_code == 204


def test_a_walk_ends_with_an_empty_page(admin, alice, bob, charlie, base):
    pages = [admin.send("GET", f"{base}/Users?startIndex={start}&count=2").json() for start in (1, 3, 4)]
    assert [len(page["Resources"]) for page in pages] == [2, 1, 0]
    assert {page["totalResults"] for page in pages} == {3}
    assert pages[2]["Resources"] == []
    ids = [int(row["id"]) for page in pages for row in page["Resources"]]
    assert ids == sorted(ids)


def test_a_page_holds_100_at_most(admin):
    User.objects.bulk_create(
        User(kind="service", name=f"s{n}", application_id=uuid.uuid4(), password="!") for n in range(101)
    )
    page = admin.send("GET", f"{WORKSPACE}/ServicePrincipals?startIndex=1&count=10000").json()
    assert (len(page["Resources"]), page["totalResults"]) == (100, 101)


@pytest.mark.parametrize("query", ["startIndex=x", "startIndex=--5", "count=1.5", "sortBy=password", "startIndex=%00"])
def test_a_bad_paging_parameter_is_400(admin, query):
    assert_scim_error(admin.send("GET", f"{WORKSPACE}/Users?{query}"), 400, "invalidValue")


def test_startindex_below_one_is_one(admin, alice):
    assert admin.send("GET", f"{WORKSPACE}/Users?startIndex=-5&count=-1").json()["startIndex"] == 1


def test_filter_sorting_and_chosen_attributes(admin, alice, bob, charlie):
    path = f'{WORKSPACE}/Users?filter=userName co "example" and displayName ne "Bob"'
    found = admin.send("GET", f"{path}&sortBy=userName&sortOrder=descending&attributes=userName").json()
    assert [row["userName"] for row in found["Resources"]] == ["charlie@example.com", "alice@example.com"]
    assert set(found["Resources"][0]) == {"schemas", "id", "userName"}
    without = admin.send("GET", f"{WORKSPACE}/Users/{bob.pk}?excludedAttributes=groups,emails").json()
    assert "groups" not in without
    assert "userName" in without


def test_a_bad_filter_is_400(admin):
    assert_scim_error(admin.send("GET", f"{WORKSPACE}/Users?filter=x"), 400, "invalidFilter")


def test_another_account_does_not_exist(admin):
    assert_scim_error(admin.send("GET", f"/api/2.0/accounts/{uuid.uuid4()}/scim/v2/Users"), 404, "notFound")


@pytest.mark.parametrize("kind", ["Users", "ServicePrincipals", "Groups"])
def test_members_and_service_accounts_see_nothing_of_others(caller, bob, etl, kind):
    for principal in (bob, etl):
        assert_scim_error(caller(principal).send("GET", f"{WORKSPACE}/{kind}"), 403, "forbidden")


def test_auditors_read_and_do_not_write(caller, dora, bob):
    api = caller(dora)
    assert api.send("GET", f"{WORKSPACE}/Users").status_code == 200
    off = patch_op({"op": "replace", "value": {"active": False}})
    assert_scim_error(api.send("PATCH", f"{WORKSPACE}/Users/{bob.pk}", off), 403, "forbidden")


def test_writing_needs_access_management(caller, alice, bob):
    off = patch_op({"op": "replace", "value": {"active": False}})
    answer = caller(alice, "all-apis").send("PATCH", f"{WORKSPACE}/Users/{bob.pk}", off)
    assert_scim_error(answer, 403, "forbidden")
    assert 'scope="access-management"' in answer["WWW-Authenticate"]


def test_me_is_the_caller_whatever_the_token_may_do(caller, bob, etl):
    answer = caller(bob, "mcp.functions").send("GET", f"{WORKSPACE}/Me")
    assert answer.json()["userName"] == "bob@example.com"
    assert answer["x-databricks-org-id"] == str(Account.load().workspace_id)
    assert caller(etl, "sql").send("GET", f"{WORKSPACE}/Me").json()["userName"] == str(etl.application_id)


def test_scim_speaks_its_own_media_type(admin, bob):
    off = b'{"Operations":[{"op":"replace","value":{"active":false}}]}'
    answer = admin.generic("PATCH", f"{WORKSPACE}/Users/{bob.pk}", off, content_type="application/scim+json")
    assert answer.json()["active"] is False
    assert answer["Content-Type"] == "application/scim+json"

"""accounts.api.network_lists"""

import uuid

import pytest

from accounts.models import Account

pytestmark = pytest.mark.django_db
WORKSPACE = "/api/2.0/ip-access-lists"
OFFICE = {"label": "office", "list_type": "ALLOW", "ip_addresses": ["198.51.100.0/24"]}


@pytest.fixture
def account_lists(db):
    return f"/api/2.0/accounts/{Account.load().account_id}/ip-access-lists"


def test_a_list_from_its_making_to_its_end(admin, alice):
    made = admin.send("POST", WORKSPACE, OFFICE).json()["ip_access_list"]
    assert {**made, **OFFICE} == made
    assert (made["enabled"], made["address_count"], made["created_by"]) == (True, 1, alice.pk)
    assert isinstance(made["created_at"], int)
    path = f"{WORKSPACE}/{made['list_id']}"
    assert admin.send("GET", path).json() == {"ip_access_list": made}
    assert admin.send("GET", WORKSPACE).json() == {"ip_access_lists": [made]}
    changed = admin.send("PATCH", path, {"enabled": False}).json()["ip_access_list"]
    assert (changed["enabled"], changed["label"]) == (False, "office")
    replaced = admin.send("PUT", path, {**OFFICE, "label": "home", "enabled": True}).json()["ip_access_list"]
    assert (replaced["enabled"], replaced["label"]) == (True, "home")
    assert admin.send("DELETE", path).json() == {}
    assert admin.send("DELETE", path).status_code == 404


def test_replacing_needs_every_field(admin):
    list_id = admin.send("POST", WORKSPACE, OFFICE).json()["ip_access_list"]["list_id"]
    response = admin.send("PUT", f"{WORKSPACE}/{list_id}", OFFICE)
    assert response.status_code == 400
    assert "enabled" in response.json()["message"]


def test_a_list_that_locks_out_the_caller_is_refused(admin):
    response = admin.send("POST", WORKSPACE, {**OFFICE, "ip_addresses": ["203.0.113.0/24"]})
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_STATE")
    assert "198.51.100.7" in response.json()["message"]
    assert admin.send("GET", WORKSPACE).json() == {"ip_access_lists": []}


def test_more_than_1000_values_are_refused(admin):
    response = admin.send("POST", WORKSPACE, {**OFFICE, "ip_addresses": ["198.51.100.7"] * 1001})
    assert (response.status_code, response.json()["error_code"]) == (400, "QUOTA_EXCEEDED")


def test_host_bits_are_refused_with_the_right_network(admin):
    response = admin.send("POST", WORKSPACE, {**OFFICE, "ip_addresses": ["198.51.100.7/24"]})
    assert (response.status_code, response.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "198.51.100.0/24" in response.json()["message"]


def test_the_surfaces_have_lists_of_their_own(admin, account_lists):
    list_id = admin.send("POST", account_lists, OFFICE).json()["ip_access_list"]["list_id"]
    assert admin.send("GET", WORKSPACE).json() == {"ip_access_lists": []}
    assert admin.send("GET", f"{WORKSPACE}/{list_id}").status_code == 404
    assert admin.send("GET", f"{account_lists}/{list_id}").status_code == 200


def test_another_account_does_not_exist(admin, account_lists):
    response = admin.send("GET", f"/api/2.0/accounts/{uuid.uuid4()}/ip-access-lists")
    assert (response.status_code, response.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


@pytest.mark.parametrize("list_id", ["x", "%00", "0d9c3bd8-2e0b-4f2c-9f5e-2f4f6f1f8a11"])
def test_an_unknown_list_is_404(admin, list_id):
    response = admin.send("GET", f"{WORKSPACE}/{list_id}")
    assert (response.status_code, response.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_auditors_read_and_members_do_not(caller, dora, bob):
    assert caller(dora).send("GET", WORKSPACE).status_code == 200
    assert caller(dora).send("POST", WORKSPACE, OFFICE).status_code == 403
    assert caller(bob).send("GET", WORKSPACE).status_code == 403


def test_writing_needs_access_management(caller, alice):
    assert caller(alice, "all-apis").send("POST", WORKSPACE, OFFICE).status_code == 403

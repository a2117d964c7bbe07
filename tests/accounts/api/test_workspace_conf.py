"""accounts.api.workspace_conf"""

import ipaddress

import pytest

from accounts import network_lists
from accounts.models import NetworkAccessList
from audit.event import By
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db
CONF = "/api/2.0/workspace-conf"
KEY = "enableIpAccessLists"


def test_the_lists_count_unless_they_are_switched_off(admin):
    assert admin.get(f"{CONF}?keys={KEY}").json() == {KEY: "true"}
    NetworkAccessList.objects.create(
        label="there",
        surface="workspace",
        list_type="ALLOW",
        ip_addresses=["203.0.113.0/24"],
        created_by=1,
        updated_by=1,
    )
    outside = ipaddress.ip_address("198.51.100.7")
    assert network_lists.policy("workspace").refusal(outside)
    assert admin.send("PATCH", CONF, {KEY: "false"}).status_code == 204
    assert admin.get(f"{CONF}?keys={KEY}").json() == {KEY: "false"}
    assert network_lists.policy("workspace").refusal(outside) is None
    assert AuditEvent.objects.get(action="workspace_conf.update").details["after"] == {network_lists.SWITCH: False}


@pytest.mark.parametrize("body", [{}, {KEY: True}, {KEY: "yes"}, {"enableOther": "true"}, {KEY: "true", "x": "y"}])
def test_other_keys_and_values_are_refused(admin, body):
    assert admin.send("PATCH", CONF, body).status_code == 400


@pytest.mark.parametrize("query", ["", "?keys=", "?keys=other", f"?keys={KEY},other"])
def test_unknown_keys_are_refused(admin, query):
    assert admin.get(f"{CONF}{query}").status_code == 400


def test_an_auditor_reads_and_an_admin_writes(caller, dora, bob):
    assert caller(dora).get(f"{CONF}?keys={KEY}").status_code == 200
    assert caller(dora).send("PATCH", CONF, {KEY: "false"}).status_code == 403
    assert caller(bob).get(f"{CONF}?keys={KEY}").status_code == 403


def test_switching_on_is_refused_when_it_would_lock_the_caller_out(alice, caller):
    network_lists.enforce(False, by=By(principal_id=alice.pk))
    NetworkAccessList.objects.create(
        label="there",
        surface="workspace",
        list_type="ALLOW",
        ip_addresses=["203.0.113.0/24"],
        created_by=1,
        updated_by=1,
    )
    answer = caller(alice).send("PATCH", CONF, {KEY: "true"})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STATE")
    assert not network_lists.are_enforced()

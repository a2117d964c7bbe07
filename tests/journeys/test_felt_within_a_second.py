"""A change is felt within one second by another web process that had served the token a moment before."""

import uuid

import httpx2
import pytest

from tests.journeys.consenting import authorize, make_integration
from tests.journeys.running import second_web
from tests.requirements import requirement
from tests.waiting import until

CALL = {"name": "demo__sales__get_customer", "arguments": {"customer_id": 42}}
SCIM = "/api/2.0/preview/scim/v2"


@pytest.fixture(scope="module")
def other(gatepost):
    with second_web(gatepost) as base:
        yield base


def served(gatepost, other, token):
    answer = gatepost.rpc("tools/call", CALL, token=token, base=other)
    return answer.status_code == 200 and "result" in answer.json()


def felt(gatepost, other, token, change):
    assert served(gatepost, other, token)
    change()
    until(lambda: not served(gatepost, other, token), limit=1)


def service_token(gatepost):
    account = gatepost.facts["service_account"]
    form = {"grant_type": "client_credentials", "scope": "all-apis"}
    auth = (account["client_id"], account["client_secret"])
    return httpx2.post(f"{gatepost.base}/oidc/v1/token", data=form, auth=auth).json()["access_token"]


@requirement("RS-FELT")
def test_a_revoked_token(gatepost, other):
    value, token_id = gatepost.token()
    felt(gatepost, other, value, lambda: gatepost.api("POST", "/api/2.0/token/delete", json={"token_id": token_id}))


@requirement("AS-EXCHANGE-ENDS")
def test_a_revoked_token_that_was_exchanged(gatepost, other):
    value, token_id = gatepost.token()
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": value,
        "subject_token_type": "urn:databricks:params:oauth:token-type:personal-access-token",
    }
    new = httpx2.post(f"{gatepost.base}/oidc/v1/token", data=form).json()["access_token"]
    felt(gatepost, other, new, lambda: gatepost.api("POST", "/api/2.0/token/delete", json={"token_id": token_id}))


def test_a_disabled_person(gatepost, other):
    member = gatepost.member()
    token = gatepost.facts["member_token"]
    try:
        felt(gatepost, other, token, lambda: gatepost.set_active("Users", member, active=False))
    finally:
        gatepost.set_active("Users", member, active=True)
    until(lambda: served(gatepost, other, token), limit=1)


def test_a_disabled_service_account(gatepost, other):
    accounts = gatepost.api("GET", f"{SCIM}/ServicePrincipals")["Resources"]
    account = next(
        row["id"] for row in accounts if row["applicationId"] == gatepost.facts["service_account"]["client_id"]
    )
    try:
        felt(
            gatepost,
            other,
            service_token(gatepost),
            lambda: gatepost.set_active("ServicePrincipals", account, active=False),
        )
    finally:
        gatepost.set_active("ServicePrincipals", account, active=True)


def test_a_disabled_app(gatepost, other):
    made = make_integration(gatepost)
    token = authorize(gatepost, made["client_id"])["access_token"]
    path = f"{gatepost.account}/oauth2/custom-app-integrations/{made['integration_id']}/disable"
    felt(gatepost, other, token, lambda: gatepost.api("POST", path, json={}))


def test_a_privilege_that_was_taken_away(gatepost, other):
    def hold(*actions):
        principal = gatepost.facts["service_account"]["client_id"]
        body = {"principal": principal, "catalog": "demo", "schema": "sales", "privileges": list(actions)}
        gatepost.api("PUT", "/api/gatepost/v1/privileges", json=body)

    token = service_token(gatepost)
    felt(gatepost, other, token, lambda: hold("USE_SCHEMA", "SELECT"))
    hold("USE_SCHEMA", "SELECT", "EXECUTE")
    until(lambda: served(gatepost, other, token), limit=1)


def test_a_new_block_list(gatepost, other):
    # A list that refuses the admin's own address is refused by the lock-out guard, so it is switched on in the table.
    made = gatepost.api(
        "POST",
        "/api/2.0/ip-access-lists",
        json={"label": uuid.uuid4().hex, "list_type": "BLOCK", "ip_addresses": ["203.0.113.0/24"]},
    )["ip_access_list"]["list_id"]
    change = "UPDATE accounts_networkaccesslist SET ip_addresses = %s WHERE list_id = %s"
    token = gatepost.facts["member_token"]
    try:
        felt(gatepost, other, token, lambda: gatepost.database.execute(change, (["127.0.0.0/8", "::1"], made)))
    finally:
        gatepost.database.execute("DELETE FROM accounts_networkaccesslist WHERE list_id = %s", (made,))
    until(lambda: served(gatepost, other, token), limit=1)

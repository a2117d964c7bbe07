"""oauth.md 9 O17 and issue 3.7: network access lists at every OAuth endpoint, at issue and at use; BLOCK comes first."""

from ipaddress import ip_address

import pytest

from accounts import network_lists
from accounts.errors import InvalidState
from accounts.models import NetworkAccessList
from audit import event_loop
from audit.event import By
from audit.models import AuditEvent
from connections import integrations, policy
from connections.errors import AddressRefused
from connections.tokens import verify
from tests.connections.conftest import BY, CALLBACK, SALES, is_refused, last_reason
from tests.connections.test_authorize import ask, demo, query, signed_in, web_app
from tests.requirements import requirement
from tests.waiting import until

__all__ = ["demo", "query", "web_app"]

pytestmark = pytest.mark.django_db(transaction=True)
BY_HOME = By(principal_id=1, principal_name="alice@example.com", address=ip_address("127.0.0.1"))
HOME, OFFICE = "127.0.0.0/8", "198.51.100.0/24"
LISTS = {
    "another office": [("ALLOW", OFFICE)],
    "home is blocked": [("BLOCK", HOME)],
    "a block outweighs an allow": [("ALLOW", HOME), ("BLOCK", "127.0.0.1")],
}


def put(lists, surface="workspace"):
    for list_type, ranges in lists:
        NetworkAccessList.objects.create(
            surface=surface, label="x", list_type=list_type, ip_addresses=[ranges], created_by=1, updated_by=1
        )


@pytest.fixture(params=LISTS)
def lists(request):
    return LISTS[request.param]


@pytest.fixture
def registered(http, transactional_db):
    policy.change(by=BY, client_registration="open")
    body = {"client_name": "Desk", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
    return http.post("/oidc/v1/register", json=body).json()


@requirement("AS-NETWORK-ENDPOINTS", "AS-NETWORK-BLOCK")
def test_no_endpoint_hears_an_address_that_the_workspace_refuses(
    lists, http, token, authorize, bob, public_app, confidential_app, registered
):
    issued = token(authorize(bob, public_app)).json()
    code = authorize(bob, public_app)
    auth = (confidential_app.client_id, confidential_app.secret)
    client_id = {"client_id": public_app.client_id}
    manage = f"/oidc/v1/register/{registered['client_id']}"
    bearer = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    put(lists)
    refused = [
        token(code),
        token({"grant_type": "refresh_token", "refresh_token": issued["refresh_token"], **client_id}),
        http.post("/oidc/v1/device_authorization", data={"scope": "mcp.functions", **client_id}),
        http.post("/oidc/v1/introspect", data={"token": issued["access_token"]}, auth=auth),
        http.post("/oidc/v1/revoke", data={"token": issued["refresh_token"], **client_id}),
        http.post("/oidc/v1/register", json={"redirect_uris": [CALLBACK]}),
        http.get(manage, headers=bearer),
        http.put(manage, headers=bearer, json={}),
        http.delete(manage, headers=bearer),
    ]
    assert [(answer.status_code, answer.json()["error"]) for answer in refused] == [(403, "access_denied")] * 9
    assert AuditEvent.objects.filter(outcome="denied", reason="address_refused").count() == 9
    NetworkAccessList.objects.all().delete()
    assert token(code).status_code == 200
    assert http.get(manage, headers=bearer).status_code == 200


def test_a_token_that_was_issued_before_is_refused_at_use(lists, token, authorize, bob, public_app):
    raw = token(authorize(bob, public_app)).json()["access_token"]
    home = BY_HOME.address

    def use():
        return event_loop.run(verify(raw, resource=SALES, address=home))

    assert use().principal.id == bob.pk
    put(lists)

    def is_shut():
        try:
            use()
        except AddressRefused:
            return True
        return False

    until(is_shut, limit=1.0)


@requirement("AS-NETWORK-ENDPOINTS")
def test_the_list_of_the_app_holds_at_every_endpoint_that_its_client_calls(
    http, token, authorize, bob, confidential_app
):
    auth = (confidential_app.client_id, confidential_app.secret)
    form = authorize(bob, confidential_app.integration, scopes=["all-apis"], audience="/")
    integrations.update(confidential_app.integration, by=BY, ip_allowlist=[OFFICE])
    is_refused(token(form, auth=auth), "access_denied", "address_refused", status=403)
    for path, data in (
        ("device_authorization", {"scope": "all-apis"}),
        ("introspect", {"token": "x"}),
        ("revoke", {"token": "x"}),
    ):
        is_refused(http.post(f"/oidc/v1/{path}", data=data, auth=auth), "access_denied", "address_refused", status=403)


@requirement("AS-NETWORK-BLOCK")
def test_a_block_of_the_workspace_outweighs_the_allow_of_the_app(token, authorize, bob, public_app):
    integrations.update(public_app, by=BY, ip_allowlist=[HOME])
    form = authorize(bob, public_app)
    put([("BLOCK", HOME)])
    is_refused(token(form), "access_denied", "address_refused", status=403)


@pytest.mark.parametrize("path", ["/oidc/v1/authorize", "/device"])
@requirement("AS-NETWORK-ENDPOINTS")
def test_the_pages_where_people_allow_apps_stand_under_the_lists_of_the_account(path, lists, bob, query):
    browser = signed_in(bob)
    put(lists, surface="account")
    refused = browser.get(path, query)
    assert (refused.status_code, "Location" in refused.headers) == (403, False)
    NetworkAccessList.objects.update(surface="workspace")
    assert browser.get(path, query).status_code == 200


def test_the_person_may_be_elsewhere_than_a_hosted_app(bob, query, web_app):
    """rest-api.md 4.1: the list of the app is for the app's own calls; a person answers from their own network."""
    integrations.update(web_app, by=BY, ip_allowlist=[OFFICE])
    assert ask(signed_in(bob), query).status_code == 200


def test_documents_stay_open(http, lists):
    put(lists)
    for path in ("/.well-known/oauth-authorization-server", f"/.well-known/oauth-protected-resource{SALES}"):
        assert http.get(path).status_code == 200


@pytest.mark.parametrize("surface", ["account", "workspace"])
@requirement("AS-NETWORK-GUARD")
def test_a_list_that_would_lock_its_author_out_is_refused_and_changes_nothing(surface, http, registered):
    for list_type, ranges in (("ALLOW", OFFICE), ("BLOCK", HOME)):
        with pytest.raises(InvalidState):
            network_lists.create(surface, by=BY_HOME, label="x", list_type=list_type, ip_addresses=[ranges])
    assert not NetworkAccessList.objects.exists()
    assert http.post("/oidc/v1/register", json={"redirect_uris": [CALLBACK]}).status_code == 201
    assert last_reason() == ""

"""A token that is bound to MCP URLs opens those and nothing else: by API, and chosen in the console."""

import pytest
from django.conf import settings
from django.urls import reverse

from accounts import tokens
from accounts.models import PersonalAccessToken
from audit.models import AuditEvent
from catalog.models import Catalog, Privilege, Schema
from connections import token_servers
from connections.errors import InvalidToken
from mcp_endpoint.paths import is_resource
from tests.accounts.api.conftest import admin, caller
from tests.connections.conftest import BY
from tests.connections.test_verify import pat, verify
from tests.console import signed_in
from tests.requirements import requirement

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db(transaction=True)

SALES, TABLES, HR = (
    f"/api/2.0/mcp/{path}" for path in ("functions/demo/sales", "tables/demo/sales", "functions/hr/pay")
)
FORM = {"once": "one", "comment": "Laptop", "days": "30", "scopes": ["mcp.functions"], "reach": "chosen"}


@pytest.fixture(autouse=True)
def catalogs(bob, etl):
    """Bob and the service account may use demo; nobody may use hr."""
    for name, schema in (("demo", "sales"), ("hr", "pay")):
        made = Catalog.objects.create(name=name, host="127.0.0.1", database=name, user=name, password_sealed=b"")
        Schema.objects.create(catalog=made, name=schema)
    for user in (bob, etl):
        for action in ("USE_CATALOG", "USE_SCHEMA", "EXECUTE"):
            catalog = Catalog.objects.get(name="demo")
            Privilege.objects.create(user=user, action=action, securable="catalog", catalog=catalog)


@pytest.fixture
def token(bob):
    return tokens.create(bob, by=BY, comment="Laptop")[0]


def path(token):
    return f"/api/gatepost/v1/tokens/{token.token_id}/resources"


def bind(client, token, *urls):
    return client.send("PUT", path(token), {"resources": list(urls)})


@requirement("AS-PAT-BOUND")
def test_a_bound_token_opens_its_servers_and_nothing_else(caller, bob):
    raw, token = pat(bob)
    answer = bind(caller(bob), token, f"{settings.GATEPOST_PUBLIC_URL}{SALES}/", TABLES, TABLES)
    assert answer.json() == {"resources": [SALES, TABLES]}
    assert caller(bob).get(path(token)).json() == {"resources": [SALES, TABLES]}
    for url in (SALES, f"{SALES}/get_customer", TABLES):
        assert verify(raw, resource=url).principal.id == bob.pk
    for url in (HR, "/api/2.0/mcp/functions/demo/other", None):
        with pytest.raises(InvalidToken):
            verify(raw, resource=url)
    event = AuditEvent.objects.get(action="personal_access_token.update")
    assert (event.details["before"]["resources"], event.details["after"]["resources"]) == ([], [SALES, TABLES])


@pytest.mark.parametrize(
    "url",
    [
        HR,
        "/api/2.0/mcp/functions/nowhere/sales",
        "/api/2.0/mcp/nonsense/demo/sales",
        "/api/2.0/token/list",
        "https://elsewhere.example/api/2.0/mcp/functions/demo/sales",
        "nonsense",
        "",
    ],
)
def test_only_mcp_urls_that_the_owner_may_use_are_taken(caller, bob, token, url):
    answer = bind(caller(bob), token, SALES, url)
    assert answer.status_code == 400
    assert "resources" in answer.content.decode()
    token.refresh_from_db()
    assert token.resources == []


@requirement("AS-PAT-BOUND")
def test_a_binding_gets_tighter_and_never_wider(caller, bob, token):
    mine = caller(bob)
    for everything in (settings.GATEPOST_PUBLIC_URL, "/api/2.0/mcp"):
        assert bind(mine, token, everything).json() == {"resources": ["/api/2.0/mcp"]}
    assert bind(mine, token, SALES).status_code == 200
    assert bind(mine, token, f"{SALES}/get_customer").status_code == 200
    for wider in ([SALES], [TABLES], [], [f"{SALES}/get_customer", TABLES]):
        assert bind(mine, token, *wider).status_code == 400
    token.refresh_from_db()
    assert token.resources == [f"{SALES}/get_customer"]


def test_who_may_bind_a_token(caller, admin, alice, bob, charlie, dora, token):
    assert bind(caller(charlie), token, SALES).status_code == 404
    assert bind(caller(dora), token, SALES).status_code == 404
    assert bind(caller(bob, "all-apis"), token, SALES).status_code == 403
    assert caller(dora).get(path(token)).json() == {"resources": []}
    assert caller(charlie).get(path(token)).status_code == 404
    assert bind(admin, token, SALES).status_code == 200  # measured by what bob may use, not the admin


def test_what_is_offered_is_what_the_owner_may_use(alice, bob):
    assert {SALES, TABLES} <= set(token_servers.offered(bob, is_resource))
    assert not any("/hr" in path for path in token_servers.offered(bob, is_resource))
    assert not any("/demo" in path for path in token_servers.offered(alice, is_resource))


def test_a_person_chooses_the_servers_of_a_new_token(bob):
    browser, where = signed_in(bob), reverse("console-token-add")
    assert SALES in browser.get(where).content.decode()
    for wrong in ({}, {"servers": [HR]}):
        assert browser.post(where, {**FORM, **wrong}).status_code == 422
    assert browser.post(where, {**FORM, "reach": ""}).status_code == 422
    assert not PersonalAccessToken.objects.exists()
    assert browser.post(where, {**FORM, "servers": [SALES]}).status_code == 200
    assert PersonalAccessToken.objects.get().resources == [SALES]
    assert SALES in browser.get(reverse("console-tokens")).content.decode()


def test_an_admin_makes_the_api_key_of_a_server_for_a_service_account(alice, bob, etl):
    where = reverse("console-service-account-token-add", args=[etl.application_id])
    assert signed_in(bob).get(where).status_code == 403
    browser = signed_in(alice)
    assert browser.post(where, {**FORM, "servers": [SALES]}).status_code == 200
    token = PersonalAccessToken.objects.get()
    assert (token.owner, token.resources, token.created_by) == (etl, [SALES], alice.pk)
    account = reverse("console-service-account", args=[etl.application_id])
    assert browser.get(reverse("console-token-created", args=[token.token_id])).status_code == 410
    assert SALES in browser.get(account).content.decode()
    assert "opens 1 MCP server" in browser.get(reverse("console-app-connections"), {"kind": "tokens"}).content.decode()
    assert browser.post(reverse("console-token-revoke", args=[token.token_id])).url == account
    assert "No tokens." in browser.get(account).content.decode()

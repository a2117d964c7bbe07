"""rest-api.md 4.1: app integrations over HTTP, by real tokens and by the unmodified databricks-sdk."""

from contextlib import ExitStack

import httpx2
import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied
from databricks.sdk.service.oauth2 import TokenAccessPolicy
from jwcrypto.jwk import JWK

from accounts import service_accounts, tokens
from accounts.models import Account
from audit.event import NOBODY
from audit.models import AuditEvent
from connections.models import AppIntegration
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = {"name": "Claude", "redirect_urls": ["https://claude.ai/cb"], "scopes": ["mcp.functions", "offline_access"]}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))


@pytest.fixture
def base(live_server):
    return f"{live_server.url}/api/2.0/accounts/{Account.load().account_id}/oauth2/custom-app-integrations"


@pytest.fixture
def client_of(live_server):
    with ExitStack() as stack:

        def client_of(user, *scopes):
            _, raw = tokens.create(user, by=NOBODY, scopes=scopes or ("all-apis", "access-management"))
            return stack.enter_context(httpx2.Client(headers={"Authorization": f"Bearer {raw}"}))

        yield client_of


@pytest.fixture
def admin(client_of, alice):
    return client_of(alice)


@pytest.fixture
def sdk(live_server, alice):
    _, raw = tokens.create(alice, by=NOBODY, scopes=("all-apis", "access-management"))
    config = Config(host=live_server.url, account_id=str(Account.load().account_id), token=raw)
    return AccountClient(config=config).custom_app_integration


def test_the_sdk_makes_reads_changes_and_deletes_one(sdk):
    made = sdk.create(
        name="Nightly",
        confidential=True,
        redirect_urls=["https://app.example.com/cb"],
        scopes=["all-apis", "offline_access"],
        token_access_policy=TokenAccessPolicy(access_token_ttl_in_minutes=30),
    )
    assert made.client_secret.startswith("gp_cs_")
    got = sdk.get(made.integration_id)
    assert (got.name, got.confidential, got.client_id) == ("Nightly", True, made.client_id)
    assert got.token_access_policy.as_dict() == {
        "access_token_ttl_in_minutes": 30,
        "refresh_token_ttl_in_minutes": 10_080,
    }
    sdk.update(made.integration_id, scopes=["sql"])
    assert sdk.get(made.integration_id).scopes == ["sql"]
    assert [app.creator_username for app in sdk.list()] == [None]
    assert [app.creator_username for app in sdk.list(include_creator_username=True)] == ["alice@example.com"]
    sdk.delete(made.integration_id)
    with pytest.raises(NotFound):
        sdk.get(made.integration_id)
    actions = (
        AuditEvent.objects.filter(action__startswith="integration.").order_by("at").values_list("action", flat=True)
    )
    assert list(actions) == ["integration.create", "integration.update", "integration.delete"]


def test_the_sdk_walks_the_pages(sdk):
    names = [f"App {number}" for number in range(5)]
    for name in names:
        sdk.create(name=name, redirect_urls=["https://app.example.com/cb"], scopes=["sql"])
    assert [app.name for app in sdk.list(page_size=2)] == names


def test_the_sdk_names_the_fault(sdk):
    with pytest.raises(BadRequest, match="scope"):
        sdk.create(name="x", redirect_urls=["https://app.example.com/cb"])
    with pytest.raises(BadRequest, match="genie"):
        sdk.create(name="x", redirect_urls=["https://app.example.com/cb"], scopes=["genie"])


def test_types_are_strict_and_what_is_unset_is_left_out(admin, base, alice):
    made = admin.post(base, json=GIVEN).json()
    assert set(made) == {"integration_id", "client_id"}
    got = admin.get(f"{base}/{made['integration_id']}").json()
    assert got["created_by"] == alice.id
    assert got["create_time"].endswith("Z")
    assert got["user_authorized_scopes"] == []
    assert set(got["token_access_policy"]) == {"access_token_ttl_in_minutes", "refresh_token_ttl_in_minutes"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**GIVEN, "nickname": "x"}, "nickname"),
        ({**GIVEN, "by": "x"}, "by"),
        ({**GIVEN, "ip_allowlist": []}, "ip_allowlist"),
        ({**GIVEN, "name": 3}, "name"),
        ({**GIVEN, "confidential": "true"}, "confidential"),
        ({**GIVEN, "redirect_urls": "https://claude.ai/cb"}, "redirect_urls"),
        ({**GIVEN, "redirect_urls": ["http://claude.ai/cb"]}, "redirect_urls"),
        ({**GIVEN, "token_access_policy": {"ttl": 1}}, "token_access_policy.ttl"),
        ({**GIVEN, "token_access_policy": "60"}, "token_access_policy"),
        ({"redirect_urls": GIVEN["redirect_urls"], "scopes": ["sql"]}, "name"),
    ],
)
def test_a_bad_field_is_named_in_the_answer(body, field, admin, base):
    response = admin.post(base, json=body)
    assert response.status_code == 400
    [violations] = [detail for detail in response.json()["details"] if "field_violations" in detail]
    assert [violation["field"] for violation in violations["field_violations"]] == [field]
    assert not AppIntegration.objects.exists()


def test_without_scopes_it_is_a_bad_request_that_speaks_of_scopes(admin, base):
    body = admin.post(base, json={**GIVEN, "scopes": []}).json()
    assert body["error_code"] == "BAD_REQUEST"
    assert "scope" in body["message"]


@pytest.mark.parametrize("field", ["name", "confidential"])
def test_name_and_kind_cannot_change(field, admin, base):
    made = admin.post(base, json=GIVEN).json()
    response = admin.patch(f"{base}/{made['integration_id']}", json={field: GIVEN["name"] if field == "name" else True})
    assert response.status_code == 400


def test_disable_and_enable(admin, base):
    made = admin.post(base, json=GIVEN).json()
    for action, enabled in (("disable", False), ("enable", True)):
        response = admin.post(f"{base}/{made['integration_id']}/{action}", json={})
        assert (response.status_code, response.json()) == (200, {})
        assert AppIntegration.objects.get().enabled is enabled


def test_a_secret_is_rotated_and_shown_once(admin, base):
    made = admin.post(base, json={**GIVEN, "confidential": True}).json()
    one = f"{base}/{made['integration_id']}"
    rotated = admin.post(f"{one}/rotate-secret", json={"overlap_seconds": 60})
    assert rotated.headers["Cache-Control"] == "no-store"
    assert rotated.json()["client_secret"] not in {made["client_secret"], None}
    assert "secret" not in str(admin.get(one).json())
    assert admin.post(f"{one}/rotate-secret", json={"overlap_seconds": -1}).status_code == 400


def test_public_keys_are_set_and_shown(admin, base):
    jwks = {"keys": [JWK.generate(kty="OKP", crv="Ed25519", kid="one").export_public(as_dict=True)]}
    made = admin.post(base, json={**GIVEN, "confidential": True, "jwks": jwks}).json()
    one = f"{base}/{made['integration_id']}"
    assert admin.get(one).json()["jwks"] == jwks
    assert admin.patch(one, json={"jwks": {"keys": []}}).json() == {}
    assert "jwks" not in admin.get(one).json()
    refused = admin.patch(one, json={"jwks": {"keys": ["x"]}}).json()
    assert refused["details"][1]["field_violations"][0]["field"] == "jwks"


def test_a_public_app_has_no_secret_to_rotate(admin, base):
    made = admin.post(base, json=GIVEN).json()
    assert admin.post(f"{base}/{made['integration_id']}/rotate-secret", json={}).status_code == 400


@pytest.mark.parametrize("integration_id", ["x", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_id_is_not_found(integration_id, admin, base):
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/disable"), ("POST", "/rotate-secret")):
        response = admin.request(method, f"{base}/{integration_id}{path}", json={})
        assert (response.status_code, response.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_another_account_does_not_exist(admin, base):
    other = base.replace(str(Account.load().account_id), "00000000-0000-4000-8000-000000000000")
    assert admin.get(other).status_code == 404


def test_who_may_do_what(client_of, base, alice, bob, dora):
    assert httpx2.get(base).status_code == 401
    assert client_of(bob).get(base).status_code == 403
    assert client_of(dora).get(base).status_code == 200
    assert client_of(dora).post(base, json=GIVEN).status_code == 403


@requirement("O16-app")
def test_o16_a_leaked_token_without_access_management_makes_no_app(client_of, base, alice):
    weak = client_of(alice, "all-apis")
    assert weak.get(base).status_code == 200
    response = weak.post(base, json=GIVEN)
    assert response.status_code == 403
    assert 'scope="access-management"' in response.headers["WWW-Authenticate"]
    assert not AppIntegration.objects.exists()


def test_a_service_account_signs_in_with_the_sdk_and_is_refused_what_its_role_does_not_allow(live_server):
    account = service_accounts.create("nightly", by=NOBODY)
    _, secret = service_accounts.add_secret(account, by=NOBODY, lifetime_seconds=3600, scopes=["all-apis"])
    options = {"client_id": str(account.application_id), "client_secret": secret, "auth_type": "oauth-m2m"}
    workspace = WorkspaceClient(config=Config(host=live_server.url, **options))
    assert workspace.current_user.me().user_name == str(account.application_id)
    with pytest.raises(PermissionDenied):
        workspace.tokens.create(comment="more")
    over_account = AccountClient(
        config=Config(host=live_server.url, account_id=str(Account.load().account_id), **options)
    )
    with pytest.raises(PermissionDenied):
        list(over_account.custom_app_integration.list())

"""rest-api.md 4.1 extensions, 4.2 and 6: registrations, published apps and the settings, by real tokens and the SDK."""

from contextlib import ExitStack

import httpx2
import pytest
from databricks.sdk import AccountClient
from databricks.sdk.core import Config
from databricks.sdk.errors import ResourceConflict
from databricks.sdk.service.oauth2 import TokenAccessPolicy

from accounts import tokens
from accounts.models import Account
from audit.event import NOBODY
from audit.models import AuditEvent
from connections import built_in, client_metadata, policy, registrations
from connections.models import AppIntegration
from tests.connections.conftest import CALLBACK

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = "/api/gatepost/v1/settings"


@pytest.fixture
def client_of(live_server):
    with ExitStack() as stack:

        def client_of(user, *scopes):
            _, raw = tokens.create(user, by=NOBODY, scopes=scopes or ("all-apis", "access-management"))
            headers = {"Authorization": f"Bearer {raw}"}
            return stack.enter_context(httpx2.Client(base_url=live_server.url, headers=headers))

        yield client_of


@pytest.fixture
def admin(client_of, alice):
    return client_of(alice)


@pytest.fixture
def oauth2():
    return f"/api/2.0/accounts/{Account.load().account_id}/oauth2"


@pytest.fixture
def sdk(live_server, alice, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    _, raw = tokens.create(alice, by=NOBODY, scopes=("all-apis", "access-management"))
    return AccountClient(config=Config(host=live_server.url, account_id=str(Account.load().account_id), token=raw))


@pytest.fixture
def waiting(transactional_db):
    wanted = client_metadata.read({"client_name": "Claude", "redirect_uris": [CALLBACK]})
    return registrations.register(wanted, needs_approval=True, by=NOBODY)[0]


def test_the_settings_begin_with_their_defaults(admin):
    assert admin.get(SETTINGS).json() == {
        "client_registration": "off",
        "client_documents": "listed",
        "client_document_hosts": ["chatgpt.com", "claude.ai", "vscode.dev"],
        "second_factor": "admins",
    }


def test_a_change_is_in_force_at_once_and_recorded(admin):
    changed = admin.patch(SETTINGS, json={"client_registration": "approval", "client_document_hosts": ["Zed.dev "]})
    assert changed.json()["client_document_hosts"] == ["zed.dev"]
    assert admin.get(SETTINGS).json() == changed.json()
    details = AuditEvent.objects.get(action="settings.update").details
    assert (details["before"]["client_registration"], details["after"]["client_registration"]) == ("off", "approval")


@pytest.mark.parametrize(
    "body",
    [
        {"client_registration": "on"},
        {"client_documents": 1},
        {"second_factor": "nobody"},
        {"client_document_hosts": ["127.0.0.1"]},
        {"client_document_hosts": ["localhost"]},
        {"client_document_hosts": ["*.claude.ai"]},
        {"client_document_hosts": ["claude.ai/x"]},
        {"client_document_hosts": [f"h{n}.example.com" for n in range(101)]},
        {"nonsense": True},
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(body, admin):
    answer = admin.patch(SETTINGS, json=body)
    assert answer.status_code == 400
    violations = answer.json()["details"][-1]["field_violations"]
    assert violations[0]["field"].partition(".")[0] in body


def test_settings_need_the_role_and_the_scope(client_of, alice, bob, dora):
    assert client_of(bob).get(SETTINGS).status_code == 403
    assert client_of(dora).get(SETTINGS).status_code == 200
    assert client_of(dora).patch(SETTINGS, json={}).status_code == 403
    assert client_of(alice, "all-apis").patch(SETTINGS, json={}).status_code == 403


def test_a_client_that_waits_is_listed_and_approved(admin, oauth2, waiting):
    row = admin.get(f"{oauth2}/registrations").json()["registrations"][0]
    assert (row["client_id"], row["state"], row["resembles"]) == (waiting.client_id, "waiting", "Claude")
    assert admin.post(f"{oauth2}/registrations/{waiting.client_id}/approve", json={}).json() == {}
    assert admin.get(f"{oauth2}/registrations").json()["registrations"][0]["state"] == "usable"
    assert AuditEvent.objects.filter(action="client.approve").exists()


def test_a_client_is_rejected_even_when_its_id_is_an_address(admin, oauth2, waiting):
    AppIntegration.objects.update(client_id="https://x.example.com/client.json")
    url = f"{oauth2}/registrations/https%3A%2F%2Fx.example.com%2Fclient.json/reject"
    assert admin.post(url, json={}).json() == {}
    assert not AppIntegration.objects.exists()
    assert admin.post(url, json={}).status_code == 404


def test_registrations_are_for_admins_and_auditors(client_of, bob, dora, oauth2, waiting):
    assert client_of(bob).get(f"{oauth2}/registrations").status_code == 403
    assert client_of(dora).get(f"{oauth2}/registrations").status_code == 200
    assert client_of(dora).post(f"{oauth2}/registrations/{waiting.client_id}/approve", json={}).status_code == 403


def test_the_sdk_lists_published_apps(sdk):
    built_in.ensure()
    apps = {app.app_id: app for app in sdk.o_auth_published_apps.list()}
    assert {"claude", "claude-code", "chatgpt", "cursor", "vscode", "codex", "mcp-inspector"} <= apps.keys()
    assert apps["databricks-cli"].client_id == "databricks-cli"
    assert "all-apis" in apps["databricks-cli"].scopes
    assert apps["chatgpt"].client_id == "https://chatgpt.com/oauth/client.json"
    assert apps["claude"].is_confidential_client is False
    assert set(apps["claude"].scopes) == set(policy.CLIENT_SCOPES)


def test_the_sdk_switches_an_app_on_changes_its_lifetimes_and_switches_it_off(sdk, bob, authorize):
    apps = sdk.published_app_integration
    made = apps.create(app_id="cursor", token_access_policy=TokenAccessPolicy(access_token_ttl_in_minutes=30))
    integration = AppIntegration.objects.get(published_app="cursor")
    assert integration.client_id == "cursor"
    with pytest.raises(ResourceConflict):
        apps.create(app_id="cursor")
    apps.update(made.integration_id, token_access_policy=TokenAccessPolicy(refresh_token_ttl_in_minutes=600))
    shown = apps.get(made.integration_id)
    assert shown.token_access_policy.as_dict() == {
        "access_token_ttl_in_minutes": 30,
        "refresh_token_ttl_in_minutes": 600,
    }
    assert [app.app_id for app in apps.list()] == ["cursor"]
    authorize(bob, integration)
    apps.delete(made.integration_id)
    assert integration.sessions.get().revoke_reason == "published_app_off"
    assert list(apps.list()) == []
    assert apps.create(app_id="cursor").integration_id == made.integration_id
    actions = AuditEvent.objects.filter(action__startswith="published_app").order_by("at")
    assert list(actions.values_list("action", flat=True)) == [
        "published_app.enable",
        "published_app.update",
        "published_app.disable",
        "published_app.enable",
    ]


def test_the_built_in_command_lines_are_on_and_can_be_switched_off(sdk):
    built_in.ensure()
    on = {app.app_id: app.integration_id for app in sdk.published_app_integration.list()}
    assert set(on) == {"databricks-cli", "gatepost-cli"}
    sdk.published_app_integration.delete(on["databricks-cli"])
    built_in.ensure()
    assert [app.app_id for app in sdk.published_app_integration.list()] == ["gatepost-cli"]


@pytest.mark.parametrize(
    "body",
    [
        {"app_id": "nobody"},
        {},
        {"app_id": "cursor", "token_access_policy": {"access_token_ttl_in_minutes": 1}},
        {"app_id": "cursor", "scopes": ["all-apis"]},
    ],
)
def test_what_is_no_published_app_is_not_switched_on(body, admin, oauth2):
    assert admin.post(f"{oauth2}/published-app-integrations", json=body).status_code in {400, 404}
    assert not AppIntegration.objects.filter(published_app="cursor", enabled=True).exists()


def test_an_app_that_is_switched_on_again_with_the_same_key_is_on_once(admin, oauth2):
    path, key = f"{oauth2}/published-app-integrations", {"Idempotency-Key": "switch"}
    first, again = (admin.post(path, json={"app_id": "cursor"}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert AuditEvent.objects.filter(action="published_app.enable").count() == 1
    assert admin.post(path, json={"app_id": "claude"}, headers=key).status_code == 409
    assert admin.post(path, json={"app_id": "cursor"}).status_code == 409

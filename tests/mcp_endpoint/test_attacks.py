"""Rows O6, O12, O15 and O16 of oauth.md 9 at a web process of its own, over HTTP."""

import base64
import json
import time
from datetime import timedelta

import httpx2
import pytest
from django.db.models import F
from django.utils import timezone
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from accounts import activation, secrets, service_account_keys, service_accounts
from accounts.models import Account, PersonalAccessToken, ServiceAccountKey, ServiceAccountSecret, User
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog import quarantine
from catalog.models import Catalog, Privilege, Routine
from connections import budgets, consents, integrations
from connections.models import AppIntegration, Consent, Session
from connections.narrowing import Narrowed
from tests import live
from tests.mcp_endpoint.conftest import SHOP, issue_token, make_world
from tests.mcp_endpoint.doors import headers_for, message
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = "/api/2.0/mcp/functions/demo/other"
ADD = message("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1, "b": 2}})
WRITE = message("tools/call", {"name": "demo__shop__count_up", "arguments": {"n": 1}})


@pytest.fixture
def world(db, workshop):
    return make_world(workshop)


@pytest.fixture
def web(world):
    with live.web() as started:
        yield started


@pytest.fixture
def call(web):
    def call(token, value=ADD, path=SHOP):
        headers = {name: text for name, text in headers_for(value, token).items() if name.lower() != "host"}
        return httpx2.post(web.base_url + path, json=value, headers=headers)

    return call


@pytest.fixture
def app(world):
    return integrations.create(
        by=NOBODY,
        name="Claude",
        redirect_urls=["https://app.example.com/cb"],
        scopes=["all-apis", "mcp.functions", "mcp.write", "offline_access"],
    )[0]


@pytest.fixture
def issue(world, app):
    """A function that stores what a consent and a code would have made, and returns the access token."""

    def issue(scope="mcp.functions", audience=SHOP, lives=timedelta(hours=1), who="bob"):
        return issue_token(world.people[who], app, scope, audience, lives)

    return issue


def is_answered(response):
    return response.status_code == 200 and "result" in response.json()


def is_challenged(response, web, path=SHOP):
    assert response.status_code == 401
    challenge = response.headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in challenge
    assert f'resource_metadata="{web.base_url}/.well-known/oauth-protected-resource{path}"' in challenge


@requirement("O6-audience", "O6-expired", "RS-AUDIENCE")
def test_o6_a_token_opens_only_what_it_is_for(call, web, issue):
    good = issue()
    assert is_answered(call(good))
    is_challenged(call(good, path=OTHER), web, OTHER)
    is_challenged(call(issue(audience=OTHER)), web)
    is_challenged(call(issue(lives=timedelta(seconds=-1))), web)
    rest = httpx2.get(f"{web.base_url}/api/2.0/preview/scim/v2/Me", headers={"Authorization": f"Bearer {good}"})
    assert rest.status_code == 401


@requirement("O6-forged", "O6-id-token", "RS-OPAQUE")
def test_o6_no_signed_token_is_ever_believed(call, web):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def signed(key, algorithm, **changes):
        jws = JWS(json.dumps({name: value for name, value in {**claims, **changes}.items() if value is not None}))
        jws.add_signature(key, protected=json.dumps({"alg": algorithm, "typ": "at+jwt"}))
        return jws.serialize(compact=True)

    now = int(time.time())
    audience = f"{web.base_url}{SHOP}"
    claims = {"iss": web.base_url, "sub": "bob", "aud": audience, "exp": now + 600, "scope": "mcp.functions"}
    pair = JWK.generate(kty="EC", crv="P-256")
    public = json.dumps(pair.export_public(as_dict=True)).encode()
    shared = JWK(kty="oct", k=base64.urlsafe_b64encode(public).decode().rstrip("="))
    forged = {
        "no algorithm": f"{part({'alg': 'none'})}.{part(claims)}.",
        "the public key as a secret": signed(shared, "HS256"),
        "a foreign issuer": signed(pair, "ES256", iss="https://elsewhere.example"),
        "no audience": signed(pair, "ES256", aud=None),
        "expired": signed(pair, "ES256", exp=now - 1),
        "not yet": signed(pair, "ES256", nbf=now + 600),
        "an ID token": signed(pair, "ES256", nonce="n", aud="client"),
    }
    for raw in forged.values():
        is_challenged(call(raw), web)


@requirement("RS-OPAQUE")
def test_o6_codes_refresh_tokens_and_client_secrets_are_no_bearer_tokens(call, web):
    for prefix in secrets.Prefix:
        if prefix not in {secrets.Prefix.ACCESS_TOKEN, secrets.Prefix.PERSONAL_ACCESS_TOKEN}:
            is_challenged(call(secrets.make(prefix)), web)


@requirement("O12-least", "O12-all")
def test_o12_the_challenge_asks_for_the_least_and_a_refusal_for_all_that_the_call_needs(call, web, issue):
    stranger = httpx2.post(web.base_url + SHOP, json=ADD, headers={"Accept": "application/json, text/event-stream"})
    assert stranger.status_code == 401
    assert 'scope="mcp.functions"' in stranger.headers["WWW-Authenticate"]
    refused = call(issue(who="alice"), WRITE)
    assert refused.status_code == 403
    challenge = refused.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="mcp.functions mcp.write"' in challenge
    assert f'resource_metadata="{web.base_url}/.well-known/oauth-protected-resource{SHOP}"' in challenge


@requirement("O12-union", "O12-hierarchy", "RS-SCOPE-HIERARCHY")
def test_o12_the_union_is_enough_and_the_hierarchy_is_honoured(call, issue):
    assert is_answered(call(issue("mcp.functions mcp.write", who="alice"), WRITE))
    assert is_answered(call(issue("all-apis")))
    assert call(issue("all-apis", who="alice"), WRITE).status_code == 403


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda world, app: consents.revoke(Consent.objects.get(), by=NOBODY), 401),
        (lambda world, app: Session.objects.update(revoked_at=timezone.now()), 401),
        (lambda world, app: integrations.revoke_tokens(app, by=NOBODY), 401),
        (lambda world, app: integrations.set_enabled(app, False, by=NOBODY), 403),
        (lambda world, app: integrations.delete(app, by=NOBODY), 401),
        (lambda world, app: service_accounts.set_active(world.people["bob"], False, by=NOBODY), 401),
        (lambda world, app: Privilege.objects.filter(user=world.people["bob"]).delete(), 404),
    ],
    ids=["consent", "session", "tokens", "app off", "app deleted", "person off", "privileges"],
)
@requirement("O15-person", "O15-app", "O15-consent")
def test_o15_every_ending_is_felt_within_a_second(call, issue, world, app, end, status):
    token = issue()
    assert is_answered(call(token))
    end(world, app)
    until(lambda: call(token).status_code == status, limit=1.0)


def edited(**changes):
    """Narrow the one consent as its person does under Authorized apps."""
    consent = Consent.objects.get()
    kept = {"scopes": tuple(consent.scopes), "catalogs": None, "ends_at": consent.ends_at}
    consents.narrow(consent, Narrowed(**{**kept, **changes}), by=NOBODY)


@requirement("O15-edited")
def test_o15_an_edited_consent_narrows_the_next_call(call, issue):
    token = issue("mcp.functions mcp.write", who="alice")
    assert is_answered(call(token, WRITE))
    edited(scopes=("mcp.functions",))
    until(lambda: call(token, WRITE).status_code == 403, limit=1.0)
    assert is_answered(call(token))
    edited(catalogs=("elsewhere",))
    until(lambda: call(token).status_code == 404, limit=1.0)


@requirement("O15-edited")
def test_o15_a_consent_that_was_shortened_ends_its_tokens(call, issue):
    token = issue()
    assert is_answered(call(token))
    edited(ends_at=timezone.now() + timedelta(seconds=0.3))
    until(lambda: call(token).status_code == 401, limit=2.0)


@requirement("O15-person")
def test_o15_a_person_who_comes_back_has_no_app_sessions_from_before(call, issue, world):
    token, bob = issue(), world.people["bob"]
    service_accounts.set_active(bob, False, by=NOBODY)
    service_accounts.set_active(bob, True, by=NOBODY)
    assert call(token).status_code == 401
    assert is_answered(call(issue()))


@requirement("O15-service-account")
def test_o15_a_deleted_service_account_is_refused(call, web, world):
    account = service_accounts.create("nightly", by=NOBODY)
    _, secret = service_accounts.add_secret(account, by=NOBODY)
    for action in ("USE_CATALOG", "USE_SCHEMA", "EXECUTE"):
        Privilege.objects.create(user=account, action=action, securable="catalog", catalog=world.catalog)
    form = {"grant_type": "client_credentials"}
    auth = (str(account.application_id), secret)
    token = httpx2.post(f"{web.base_url}/oidc/v1/token", data=form, auth=auth).json()["access_token"]
    assert is_answered(call(token))
    activation.delete(account, by=NOBODY)
    until(lambda: call(token).status_code == 401, limit=1.0)
    assert httpx2.post(f"{web.base_url}/oidc/v1/token", data=form, auth=auth).status_code == 401


@requirement("O16-credential", "O16-app", "O16-privilege")
def test_o16_a_leaked_token_makes_no_credential_no_app_and_no_privilege(web, world):
    User.objects.filter(pk=world.people["alice"].pk).update(is_account_admin=True)
    account = service_accounts.create("nightly", by=NOBODY)
    base = f"/api/2.0/accounts/{Account.load().account_id}"
    credentials = f"{base}/servicePrincipals/{account.pk}/credentials"
    jwk = JWK.generate(kty="EC", crv="P-256").export_public(as_dict=True)
    key = service_account_keys.add(account, by=NOBODY, jwk=jwk)
    headers = {"Authorization": f"Bearer {world.tokens['alice']}"}
    before = [PersonalAccessToken.objects.count(), User.objects.count(), Privilege.objects.count()]
    attempts = [
        ("POST", "/api/2.0/token/create", {"comment": "more"}),
        ("POST", "/api/2.0/token-management/on-behalf-of/tokens", {"application_id": str(account.application_id)}),
        ("POST", f"{credentials}/secrets", {}),
        ("POST", f"{credentials}/keys", {"jwk": jwk}),
        ("DELETE", f"{credentials}/keys/{key.id}", None),
        ("POST", f"{base}/oauth2/custom-app-integrations", {"name": "x", "scopes": ["sql"], "redirect_urls": []}),
        ("POST", "/api/2.0/preview/scim/v2/ServicePrincipals", {"displayName": "x"}),
        ("POST", "/api/2.0/preview/scim/v2/Users", {"userName": "x@example.com"}),
        (
            "PUT",
            "/api/gatepost/v1/privileges",
            {"principal": "bob@example.com", "catalog": "demo", "privileges": ["ALL_PRIVILEGES"]},
        ),
    ]
    for method, path, body in attempts:
        refused = httpx2.request(method, web.base_url + path, json=body, headers=headers)
        assert (path, refused.status_code) == (path, 403)
        assert 'scope="access-management"' in refused.headers["WWW-Authenticate"]
    assert before == [PersonalAccessToken.objects.count(), User.objects.count(), Privilege.objects.count()]
    assert not AppIntegration.objects.exists()
    assert not ServiceAccountSecret.objects.exists()
    assert ServiceAccountKey.objects.count() == 1


@requirement("M5-quarantine", "MCP-RUNG-32")
def test_m5_a_changed_function_is_off_until_the_change_is_accepted(world, call):
    ask = message("tools/call", {"name": "demo__shop__add", "arguments": {"a": 1}})
    token = world.tokens["bob"]
    assert "result" in call(token, ask).json()
    add = Routine.objects.get(name="add")
    Routine.objects.filter(pk=add.pk).update(accepted=quarantine.routine_facts(vars(add)) | {"comment": "Adds."})
    Catalog.objects.filter(pk=world.catalog.pk).update(version=F("version") + 1)

    until(lambda: "error" in call(token, ask).json(), limit=1)
    answer = call(token, ask)
    refusal = {"code": -32003, "message": "Tool not allowed by MCP service configuration."}
    assert (answer.status_code, answer.json()["error"]) == (200, refusal)
    names = {tool["name"] for tool in call(token, message("tools/list")).json()["result"]["tools"]}
    assert "demo__shop__add" not in names
    denied = AuditEvent.objects.filter(outcome="denied", reason="tool_not_allowed")
    assert {event.details["tool"] for event in denied} == {"demo__shop__add"}

    [change] = quarantine.changes(world.catalog)
    quarantine.accept(world.catalog, [change.id], by=NOBODY)
    until(lambda: "result" in call(token, ask).json(), limit=1)


def test_a_budget_is_obeyed_by_a_running_process_and_told_to_the_model(world, call):
    budgets.put("catalog", "demo", {"calls_per_day": 2}, by=NOBODY)
    token = world.tokens["bob"]
    until(lambda: call(token).json()["result"].get("isError"), limit=3)
    text = call(token).json()["result"]["content"][0]["text"]
    assert text.startswith("The budget of this catalog, 2 calls a day, is used up.")
    denied = AuditEvent.objects.filter(outcome="denied", reason="BUDGET_CALLS_PER_DAY")
    assert denied.exists()
    assert AuditEvent.objects.filter(action="mcp.tools/call", outcome="allowed").count() >= 2
    budgets.remove("catalog", "demo", by=NOBODY)
    until(lambda: "isError" not in call(token).json()["result"], limit=1)


def test_bytes_of_a_budget_cut_an_answer_and_end_a_day(world, call):
    token = world.tokens["bob"]
    budgets.put("catalog", "demo", {"bytes": 1}, by=NOBODY)
    until(lambda: '"is_truncated":true' in call(token).json()["result"]["content"][0]["text"], limit=3)
    budgets.put("catalog", "demo", {"bytes_per_day": 1}, by=NOBODY)
    until(lambda: call(token).json()["result"].get("isError"), limit=3)
    text = call(token).json()["result"]["content"][0]["text"]
    assert text.startswith("The budget of this catalog, 1 bytes a day, is used up.")
    budgets.remove("catalog", "demo", by=NOBODY)
    until(lambda: "isError" not in call(token).json()["result"], limit=1)

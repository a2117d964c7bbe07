"""RFC 8693: an access token for a personal access token, by the unmodified databricks-sdk and by plain HTTP."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from authlib.integrations.requests_client import OAuth2Session
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.oauth import PATOAuthTokenExchange
from django.utils import timezone

from accounts import activation, tokens, uses
from accounts.models import CredentialUse, NetworkAccessList, PersonalAccessToken
from audit import event_loop
from audit.event import NOBODY
from audit.models import AuditEvent
from catalog.models import Catalog, Privilege
from connections import integrations, token_servers
from connections.errors import AddressRefused
from connections.models import AccessToken, AppIntegration, RefreshToken
from mcp_endpoint.paths import is_resource
from tests.connections.conftest import BY, SALES, is_refused
from tests.connections.test_verify import HOME, OFFICE, pat, refused, verify
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
TABLES = "/api/2.0/mcp/tables/demo/sales"


def form(raw, **more):
    kind = "urn:databricks:params:oauth:token-type:personal-access-token"
    return {"grant_type": GRANT_TYPE, "subject_token": raw, "subject_token_type": kind, **more}


@pytest.fixture(autouse=True)
def demo(bob):
    """Bob may use one catalog."""
    made = Catalog.objects.create(name="demo", host="h", database="d", user="u", password_sealed=b"")
    Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=made)


@pytest.fixture
def exchange(token):
    """Return a function that exchanges a token and gives the new one."""

    def exchange(raw, **more):
        answer = token(form(raw, **more))
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    return exchange


def is_felt(raw, reason, **where):
    """A change is felt within a second by whoever remembers the token."""

    def ended():
        try:
            verify(raw, **where)
        except Exception as refusal:
            return refusal.reason == reason
        return False

    until(ended, limit=1)


@requirement("AS-EXCHANGE")
def test_the_sdk_exchanges_a_token_and_calls_the_api_with_the_new_one(server, bob, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    raw, _ = pat(bob)
    source = PATOAuthTokenExchange(lambda: raw, server, "all-apis offline_access")
    issued = source.token()
    assert (issued.token_type, issued.refresh_token) == ("Bearer", None)
    assert issued.access_token.startswith("gp_at_")
    api = WorkspaceClient(config=Config(host=server, token=issued.access_token))
    assert api.current_user.me().user_name == "bob@example.com"


@requirement("AS-EXCHANGE")
def test_the_sdk_hears_why_a_token_is_refused(server, bob):
    raw, held = pat(bob)
    tokens.revoke(held, by=NOBODY)
    with pytest.raises(ValueError, match="invalid_request: The personal access token is unknown, revoked or expired"):
        PATOAuthTokenExchange(lambda: raw, server, "all-apis").token()


@requirement("AS-EXCHANGE")
def test_what_would_narrow_the_token_in_an_unknown_way_is_refused(server, bob):
    raw, _ = pat(bob)
    for more in ({"authorization_details": "[]"}, {"group_id": "7"}):
        with pytest.raises(ValueError, match=r"invalid_request: .* is not supported"):
            PATOAuthTokenExchange(lambda: raw, server, "all-apis", **more).token()
    assert not AccessToken.objects.exists()


@requirement("AS-EXCHANGE")
def test_the_answer_is_that_of_the_rfc_and_never_holds_a_refresh_token(token, bob):
    raw, held = pat(bob, scopes=("all-apis", "offline_access"), expires_at=timezone.now() + timedelta(days=9))
    answer = token(form(raw, requested_token_type=ACCESS_TOKEN)).json()
    assert set(answer) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert (answer["issued_token_type"], answer["token_type"], answer["expires_in"]) == (ACCESS_TOKEN, "Bearer", 3600)
    assert answer["scope"] == "all-apis"
    stored = AccessToken.objects.get()
    assert (stored.user, stored.application, stored.session) == (bob, None, None)
    assert stored.personal_access_token == held
    assert not RefreshToken.objects.exists()


@requirement("AS-EXCHANGE")
def test_another_library_exchanges_too(server, bob, public_app, monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    raw, _ = pat(bob)
    session = OAuth2Session(public_app.client_id, token_endpoint_auth_method="none")
    answer = session.fetch_token(f"{server}/oidc/v1/token", **form(raw, scope="mcp.functions"))
    assert (answer["scope"], answer["issued_token_type"]) == ("mcp.functions", ACCESS_TOKEN)


@requirement("AS-EXCHANGE-BOUND")
def test_scopes_are_those_of_the_token_at_most(token, bob):
    raw, _ = pat(bob, scopes=("unity-catalog",))
    assert token(form(raw)).json()["scope"] == "unity-catalog"
    assert token(form(raw, scope="mcp.functions")).json()["scope"] == "mcp.functions"
    for beyond in ("all-apis", "mcp.write", "access-management", "mcp.functions sql", "offline_access"):
        is_refused(token(form(raw, scope=beyond)), "invalid_scope", "scope_beyond_client")
    is_refused(token(form(raw, scope="root")), "invalid_scope", "unknown_scope")


@requirement("AS-EXCHANGE-BOUND")
def test_access_management_comes_only_of_a_token_that_has_it_by_name(token, alice):
    raw, _ = pat(alice)
    is_refused(token(form(raw, scope="all-apis access-management")), "invalid_scope", "scope_beyond_client")
    raw, _ = pat(alice, scopes=("all-apis", "access-management"))
    assert token(form(raw, scope="access-management")).json()["scope"] == "access-management"


@requirement("AS-EXCHANGE-BOUND")
def test_scopes_that_are_taken_from_the_token_later_are_taken_from_the_new_one(exchange, bob):
    raw, held = pat(bob, scopes=("all-apis", "mcp.write"))
    new = exchange(raw)
    assert "mcp.write" in verify(new).scopes
    tokens.narrow(held, by=NOBODY, scopes=["mcp.functions"])
    until(lambda: verify(new).scopes == {"mcp.functions"}, limit=1)


@requirement("AS-EXCHANGE-BOUND", "AS-RESOURCE-BOUND")
def test_a_resource_binds_the_new_token(exchange, token, server, bob, charlie):
    new = exchange(pat(bob)[0], resource=f"{server}{SALES}")
    assert verify(new, resource=SALES).audience == (SALES,)
    assert refused(new) == refused(new, resource=TABLES) == "wrong_audience"
    is_refused(token(form(pat(bob)[0], resource=f"{server}/nowhere")), "invalid_target", "unknown_resource")
    stranger = form(pat(charlie)[0], resource=f"{server}{SALES}")
    is_refused(token(stranger), "invalid_target", "resource_not_visible")


@requirement("AS-EXCHANGE-BOUND")
def test_the_binding_of_the_token_holds_for_the_new_one(exchange, token, server, bob):
    raw, _ = pat(bob, resources=[SALES, TABLES])
    whole = exchange(raw)
    assert verify(whole, resource=SALES).audience == verify(whole, resource=TABLES).audience == (SALES, TABLES)
    assert refused(whole) == "wrong_audience"
    assert refused(whole, resource="/api/2.0/mcp/sql") == "wrong_audience"
    part = exchange(raw, resource=f"{server}{SALES}/get_customer")
    assert verify(part, resource=f"{SALES}/get_customer").audience == (f"{SALES}/get_customer",)
    assert refused(part, resource=SALES) == "wrong_audience"
    for wider in (server, f"{server}/api/2.0/mcp/functions/demo/hr"):
        is_refused(token(form(raw, resource=wider)), "invalid_target", "other_resource")


@requirement("AS-EXCHANGE-BOUND")
def test_a_token_that_is_bound_later_takes_the_new_one_with_it(exchange, server, bob):
    raw, held = pat(bob)
    whole, sales = exchange(raw), exchange(raw, resource=f"{server}{SALES}")
    verify(whole), verify(sales, resource=SALES)
    token_servers.bind(held, [TABLES], origins=[server], is_resource=is_resource, by=BY)
    is_felt(whole, "wrong_audience")
    is_felt(sales, "wrong_audience", resource=SALES)
    assert verify(whole, resource=TABLES).audience == (TABLES,)


@requirement("AS-EXCHANGE-BOUND")
def test_an_audience_is_no_resource(token, server, bob):
    raw, _ = pat(bob)
    for audience in (server, f"{server}{SALES}", "warehouse"):
        is_refused(token(form(raw, audience=audience)), "invalid_target", "unknown_audience")


@requirement("AS-EXCHANGE-ENDS")
def test_the_new_token_does_not_outlive_the_other(token, bob):
    raw, _ = pat(bob, expires_at=timezone.now() + timedelta(minutes=10))
    assert 590 <= token(form(raw)).json()["expires_in"] <= 600


@requirement("AS-EXCHANGE-ENDS")
def test_revoking_the_token_ends_the_new_one(exchange, bob):
    raw, held = pat(bob)
    new = exchange(raw)
    assert verify(new).credential_id == held.token_id
    tokens.revoke(held, by=NOBODY)
    is_felt(new, "revoked")


@requirement("AS-EXCHANGE-ENDS")
def test_deleting_the_token_ends_the_new_one(exchange, bob):
    raw, held = pat(bob)
    new = exchange(raw)
    verify(new)
    held.delete()
    is_felt(new, "unknown_token")


@requirement("AS-EXCHANGE-ENDS")
def test_the_expiry_of_the_token_is_that_of_the_new_one(exchange, bob):
    raw, held = pat(bob)
    new = exchange(raw)
    PersonalAccessToken.objects.filter(pk=held.pk).update(expires_at=timezone.now())
    is_felt(new, "expired")


@requirement("AS-EXCHANGE-ENDS", "AS-DEACTIVATION")
def test_a_deactivated_owner_ends_the_new_token_for_good(exchange, bob):
    new = exchange(pat(bob)[0])
    verify(new)
    activation.set_active(bob, False, by=NOBODY)
    is_felt(new, "principal_disabled")
    activation.set_active(bob, True, by=NOBODY)
    is_felt(new, "revoked")


@requirement("AS-EXCHANGE-REFUSED")
@pytest.mark.parametrize("end", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}, None])
def test_a_token_that_has_ended_is_an_invalid_request(token, bob, end):
    raw, held = pat(bob)
    if end:
        PersonalAccessToken.objects.filter(pk=held.pk).update(**end)
    else:
        activation.set_active(bob, False, by=NOBODY)
    reason = "principal_disabled" if end is None else "revoked" if "revoked_at" in end else "expired"
    is_refused(token(form(raw)), "invalid_request", reason)
    event = AuditEvent.objects.latest("at")
    assert (event.principal_name, event.credential_kind, event.credential_id) == (bob.email, "pat", held.token_id)


@requirement("AS-EXCHANGE-REFUSED")
def test_only_personal_access_tokens_are_exchanged(exchange, token, bob, etl):
    raw, _ = pat(bob)
    new = exchange(raw)
    for other in (new, f"{raw[:-1]}!", raw.replace("gp_pat_", "gp_at_"), "x"):
        is_refused(token(form(other)), "invalid_request", "unknown_token")
    for kind in (ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt", ""):
        is_refused(token(form(raw, subject_token_type=kind)), "invalid_request", "unsupported_exchange")
    kinds = {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token", "actor_token": raw}
    for name, value in kinds.items():
        is_refused(token(form(raw, **{name: value})), "invalid_request", "unsupported_exchange")
    is_refused(token(form("")), "invalid_request", "invalid_request")
    assert AccessToken.objects.count() == 1


@requirement("AS-EXCHANGE")
def test_the_token_of_a_service_account_is_exchanged(exchange, etl):
    grant = verify(exchange(pat(etl)[0]))
    assert (grant.principal.name, grant.principal.kind) == (str(etl.application_id), "service")


@requirement("AS-EXCHANGE-CLIENT")
def test_a_client_that_names_itself_limits_the_token_too(exchange, token, bob, public_app):
    raw, _ = pat(bob)
    answer = token(form(raw, client_id=public_app.client_id)).json()
    assert answer["scope"] == "mcp.functions"
    grant = verify(answer["access_token"])
    assert (grant.client.id, grant.scopes) == (public_app.client_id, {"mcp.functions"})
    beyond = form(raw, client_id=public_app.client_id, scope="mcp.sql")
    is_refused(token(beyond), "invalid_scope", "scope_beyond_client")
    nothing = form(pat(bob, scopes=("email",))[0], client_id=public_app.client_id)
    is_refused(token(nothing), "invalid_scope", "scope_beyond_client")


@requirement("AS-EXCHANGE-CLIENT")
def test_the_policy_of_a_client_shortens_the_token(token, bob, public_app):
    integrations.update(public_app, by=BY, token_access_policy={"access_token_ttl_in_minutes": 5})
    assert token(form(pat(bob)[0], client_id=public_app.client_id)).json()["expires_in"] == 300


@requirement("AS-EXCHANGE-CLIENT")
def test_a_client_has_to_be_known_enabled_authenticated_and_admitted_by_an_admin(
    token, bob, public_app, confidential_app
):
    raw, _ = pat(bob)
    is_refused(token(form(raw, client_id="nobody")), "invalid_client", "unknown_client", status=401)
    unproved = form(raw, client_id=confidential_app.client_id)
    is_refused(token(unproved), "invalid_client", "invalid_client", status=401)
    is_refused(token({**unproved, "client_secret": "x"}), "invalid_client", "wrong_secret", status=401)
    assert token({**unproved, "client_secret": confidential_app.secret}).status_code == 200
    AppIntegration.objects.filter(pk=public_app.pk).update(enabled=False)
    is_refused(token(form(raw, client_id=public_app.client_id)), "invalid_grant", "client_disabled")
    AppIntegration.objects.filter(pk=public_app.pk).update(enabled=True, registration_source="dcr")
    is_refused(token(form(raw, client_id=public_app.client_id)), "unauthorized_client", "unauthorized_client")


@requirement("AS-EXCHANGE", "RS-NETWORK-USE")
def test_the_addresses_of_the_token_bind_the_exchange_and_the_new_token(exchange, token, bob):
    away, _ = pat(bob, ip_allowlist=["203.0.113.0/24"])
    is_refused(token(form(away)), "access_denied", "address_refused", status=403)
    raw, held = pat(bob)
    new = exchange(raw)
    verify(new)
    PersonalAccessToken.objects.filter(pk=held.pk).update(ip_allowlist=[f"{OFFICE}/32"])
    is_felt(new, "address_refused", address=HOME)
    assert verify(new, address=OFFICE).address == OFFICE


@requirement("AS-EXCHANGE", "RS-NETWORK-USE")
def test_the_lists_of_the_workspace_guard_the_exchange(token, bob):
    NetworkAccessList.objects.create(
        surface="workspace", list_type="BLOCK", label="l", ip_addresses=["127.0.0.0/8"], created_by=1, updated_by=1
    )
    is_refused(token(form(pat(bob)[0])), "access_denied", "address_refused", status=403)


@requirement("AS-EXCHANGE-RECORDED")
def test_an_exchange_is_recorded_and_counts_as_a_use(exchange, bob):
    raw, held = pat(bob)
    exchange(raw, scope="mcp.functions")
    event = AuditEvent.objects.latest("at")
    assert (event.principal_name, event.credential_kind, event.credential_id) == (bob.email, "pat", held.token_id)
    assert (event.scopes, event.details["grant_type"]) == (["mcp.functions"], GRANT_TYPE)
    assert raw not in str(event.details)
    event_loop.run(uses.flush())
    assert CredentialUse.objects.get(credential_kind="pat").credential_id == held.token_id


@requirement("AS-EXCHANGE-RECORDED")
def test_failures_of_an_address_are_slowed_down(http, token, bob, settings):
    settings.GATEPOST_TOKEN_FAILURES_PER_MINUTE = 3
    for _ in range(3):
        token(form("x"))
    slowed = http.post("/oidc/v1/token", data=form(pat(bob)[0]))
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "1")


@requirement("AS-EXCHANGE-RECORDED")
def test_one_token_that_succeeds_too_often_does_not_stand_in_the_way_of_another(http, exchange, bob, settings):
    settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE = 2
    raw, other = pat(bob)[0], pat(bob)[0]
    exchange(raw), exchange(raw)
    assert http.post("/oidc/v1/token", data=form(raw)).status_code == 429
    exchange(other)


@requirement("AS-INTROSPECT-TRUTH", "AS-EXCHANGE-ENDS")
def test_introspection_tells_what_is_left_of_the_new_token(http, exchange, server, bob, confidential_app):
    raw, held = pat(bob, scopes=("all-apis",), resources=[SALES])
    new = exchange(raw, scope="mcp.functions")
    integrations.update(confidential_app.integration, by=BY, may_introspect=True)

    def introspect():
        auth = (confidential_app.client_id, confidential_app.secret)
        return http.post("/oidc/v1/introspect", data={"token": new}, auth=auth).json()

    answer = introspect()
    assert (answer["active"], answer["scope"], answer["aud"]) == (True, "mcp.functions", [f"{server}{SALES}"])
    assert "client_id" not in answer
    tokens.revoke(held, by=NOBODY)
    until(lambda: introspect() == {"active": False}, limit=1)


def test_an_exchange_takes_three_statements(exchange, bob, django_assert_num_queries, client):
    raw, _ = pat(bob)
    exchange(raw)
    with django_assert_num_queries(3):
        response = client.post("/oidc/v1/token", urlencode(form(raw)), content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200


def test_a_refused_address_is_told_as_such_by_verify(exchange, bob):
    new = exchange(pat(bob, ip_allowlist=["127.0.0.0/8"])[0])
    with pytest.raises(AddressRefused):
        verify(new, address=OFFICE)

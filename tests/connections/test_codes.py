"""RFC 6749 4.1.3 and 5, RFC 7636, RFC 8707: the code exchange. O7 of oauth.md 9 and the row of DOT's regressions."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import secrets
from accounts.models import NetworkAccessList
from audit.models import AuditEvent
from connections import integrations
from connections.models import AccessToken, AuthorizationCode, RefreshToken, Session
from tests.connections.conftest import BY, SALES, is_refused
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


@requirement("AS-DIGESTS", "AS-TOKEN-NO-STORE")
def test_a_code_becomes_tokens_that_are_stored_as_digests_only(token, authorize, bob, public_app):
    response = token(authorize(bob, public_app))
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert body["scope"] == "mcp.functions offline_access"
    stored = AccessToken.objects.get()
    assert (stored.token, stored.audience, stored.user) == ("", SALES, bob)
    assert stored.token_checksum == secrets.digest(body["access_token"]).hex()
    refresh = RefreshToken.objects.get()
    assert (refresh.token, refresh.token_checksum) == ("", secrets.digest(body["refresh_token"]).hex())
    assert abs(refresh.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    event = AuditEvent.objects.latest("at")
    assert (event.principal_id, event.client_id) == (bob.id, public_app.client_id)
    assert body["access_token"] not in str(event.__dict__)


def test_without_offline_access_there_is_no_refresh_token(token, authorize, bob, public_app):
    assert "refresh_token" not in token(authorize(bob, public_app, scopes=["mcp.functions"])).json()
    assert not RefreshToken.objects.exists()


@requirement("O7-replay", "AS-CODE-ONCE")
def test_o7_a_replayed_code_revokes_the_session_and_is_audited(token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    assert token(form).status_code == 200
    is_refused(token(form), "invalid_grant", "code_replayed")
    assert Session.objects.get().revoke_reason == "code_replayed"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code_verifier": "a" * 43}, "code_verifier_wrong"),
        ({"code_verifier": None}, "code_verifier_malformed"),
        ({"code_verifier": "short"}, "code_verifier_malformed"),
        ({"redirect_uri": "https://app.example.com/other"}, "other_redirect_uri"),
        ({"resource": "{server}/api/2.0/mcp/functions/demo/hr"}, "other_resource"),
    ],
)
@requirement("O7-verifier", "O7-redirect", "O7-resource", "AS-PKCE-FORM", "AS-CODE-BOUND", "AS-CODE-BURNT")
def test_o7_a_wrong_exchange_is_refused_and_burns_the_code(change, reason, server, token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    change = {key: value and value.format(server=server) for key, value in change.items()}
    wrong = {key: value for key, value in {**form, **change}.items() if value is not None}
    is_refused(token(wrong), "invalid_grant", reason)
    is_refused(token(form), "invalid_grant", "code_replayed")
    assert not AccessToken.objects.exists()


@requirement("O7-plain", "AS-PKCE-S256")
def test_o7_the_verifier_of_a_plain_challenge_is_not_accepted(token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    is_refused(
        token({**form, "code_verifier": AuthorizationCode.objects.get().code_challenge}),
        "invalid_grant",
        "code_verifier_wrong",
    )


@requirement("O7-other-client", "AS-CODE-BOUND")
def test_o7_another_client_cannot_use_the_code_and_does_not_burn_it(
    token, authorize, bob, public_app, confidential_app
):
    form = authorize(bob, public_app)
    other = {**form, "client_id": confidential_app.client_id, "client_secret": confidential_app.secret}
    is_refused(token(other), "invalid_grant", "code_of_another_client")
    assert token(form).status_code == 200


@requirement("O7-age", "AS-CODE-AGE")
def test_o7_a_code_lives_sixty_seconds(token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    AuthorizationCode.objects.update(expires=timezone.now())
    is_refused(token(form), "invalid_grant", "code_expired")


@pytest.mark.parametrize("code", ["", "x", "gp_ac_" + "a" * 49, "gp_rt_x"])
def test_an_unknown_code_is_refused(code, token, authorize, bob, public_app):
    is_refused(token({**authorize(bob, public_app), "code": code}), "invalid_grant", "unknown_code")


@requirement("DOT-code-digest", "AS-DIGESTS")
def test_dot_the_table_holds_no_code(authorize, bob, public_app):
    assert authorize(bob, public_app)["code"] not in str(AuthorizationCode.objects.values().get())


@requirement("DOT-inactive", "AS-DISABLED-PERSON")
def test_dot_an_inactive_person_gets_no_token(token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    bob.is_active = False
    bob.save()
    is_refused(token(form), "invalid_grant", "principal_disabled")


@requirement("AS-DISABLED-APP")
def test_a_disabled_app_gets_no_token_and_is_not_told_to_register_again(token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    integrations.set_enabled(public_app, False, by=BY)
    is_refused(token(form), "invalid_grant", "client_disabled")


@requirement("AS-SESSION-REVOKE")
def test_a_revoked_session_gets_no_token(token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    integrations.revoke_tokens(public_app, by=BY)
    is_refused(token(form), "invalid_grant", "session_revoked")


def test_the_token_may_be_for_a_part_of_what_was_authorized(server, token, authorize, bob, public_app):
    form = {**authorize(bob, public_app), "resource": f"{server}{SALES}/get_customer/"}
    assert token(form).status_code == 200
    assert AccessToken.objects.get().audience == f"{SALES}/get_customer"


@requirement("AS-RESOURCE-ALIAS")
def test_a_token_for_one_spelling_of_vector_search_is_for_the_other_too(server, token, authorize, bob, public_app):
    kept = "/api/2.0/mcp/vector-search/demo/docs"
    for word in ("ai-search", "vector-search"):
        form = {**authorize(bob, public_app, audience=kept), "resource": f"{server}/api/2.0/mcp/{word}/demo/docs"}
        assert token(form).status_code == 200
    assert set(AccessToken.objects.values_list("audience", flat=True)) == {kept}


@requirement("AS-AUTHORIZE-REPEATED")
def test_a_resource_may_be_repeated_but_not_be_two(server, token, authorize, bob, public_app):
    form = {**authorize(bob, public_app), "resource": [f"{server}{SALES}", f"{server}{SALES}/"]}
    assert token(form).status_code == 200
    two = {**authorize(bob, public_app), "resource": [f"{server}{SALES}", f"{server}{SALES}/get_customer"]}
    is_refused(token(two), "invalid_target", "several_resources")


@pytest.mark.parametrize("resource", ["https://elsewhere.example.com/", "x", "{server}/api/2.1/unity-catalog"])
@requirement("DOT-resource", "AS-RESOURCE-KNOWN")
def test_dot_an_unknown_resource_is_an_invalid_target(resource, server, token, authorize, bob, public_app):
    form = {**authorize(bob, public_app), "resource": resource.format(server=server)}
    is_refused(token(form), "invalid_target", "unknown_resource")


@requirement("AS-SESSION-END")
def test_no_token_outlives_its_session(token, authorize, bob, public_app):
    form = authorize(bob, public_app, ends_at=timezone.now() + timedelta(minutes=10))
    assert 590 <= token(form).json()["expires_in"] <= 600
    assert RefreshToken.objects.get().expires_at == Session.objects.get().ends_at


@requirement("AS-TOKEN-LIFETIMES")
def test_the_lifetimes_are_those_of_the_app(token, authorize, bob, public_app):
    integrations.update(public_app, by=BY, token_access_policy={"access_token_ttl_in_minutes": 5})
    assert token(authorize(bob, public_app)).json()["expires_in"] == 300


@requirement("AS-TOKEN-CLIENT-AUTH")
def test_a_confidential_client_must_authenticate(token, authorize, bob, confidential_app):
    form = authorize(bob, confidential_app.integration, scopes=["all-apis"], audience="/")
    response = token(form)
    is_refused(response, "invalid_client", "invalid_client", status=401)
    assert response.headers["WWW-Authenticate"] == 'Basic realm="gatepost"'
    assert token({**form, "client_secret": confidential_app.secret}).status_code == 200


@requirement("AS-TOKEN-ONE-METHOD")
def test_basic_authentication_works_and_two_ways_at_once_do_not(token, authorize, bob, confidential_app):
    form = authorize(bob, confidential_app.integration, scopes=["all-apis"], audience="/")
    basic = (confidential_app.client_id, confidential_app.secret)
    is_refused(
        token({**form, "client_secret": confidential_app.secret}, auth=basic),
        "invalid_request",
        "two_client_credentials",
    )
    assert token(form, auth=basic).status_code == 200


@requirement("AS-SECRET-OVERLAP")
def test_a_rotated_secret_and_the_one_before_it_work(token, authorize, bob, confidential_app):
    rotation = integrations.rotate_secret(confidential_app.integration, by=BY)
    for secret in (rotation.raw, confidential_app.secret):
        form = authorize(bob, confidential_app.integration, scopes=["all-apis"], audience="/")
        assert token({**form, "client_secret": secret}).status_code == 200
    integrations.rotate_secret(confidential_app.integration, by=BY, overlap_seconds=0)
    is_refused(token({**form, "client_secret": rotation.raw}), "invalid_client", "wrong_secret", status=401)


def test_a_public_client_with_a_secret_of_another_is_refused(token, authorize, bob, public_app, confidential_app):
    form = {**authorize(bob, public_app), "client_secret": confidential_app.secret}
    is_refused(token(form), "invalid_client", "wrong_secret", status=401)


@pytest.mark.parametrize("client_id", ["", "nobody", "a\x00b"])
@requirement("AS-TOKEN-ERRORS")
def test_an_unknown_client_is_told_so(client_id, token, authorize, bob, public_app):
    response = token({**authorize(bob, public_app), "client_id": client_id})
    assert response.status_code in {400, 401}


@pytest.mark.parametrize("list_type", ["ALLOW", "BLOCK"])
@requirement("AS-NETWORK-ISSUE")
def test_a_network_access_list_holds_at_the_token_endpoint(list_type, token, authorize, bob, public_app):
    form = authorize(bob, public_app)
    NetworkAccessList.objects.create(
        surface="workspace",
        label="office",
        list_type=list_type,
        ip_addresses=["198.51.100.0/24" if list_type == "ALLOW" else "127.0.0.0/8"],
        created_by=1,
        updated_by=1,
    )
    is_refused(token(form), "access_denied", "address_refused", status=403)


@requirement("AS-NETWORK-ISSUE")
def test_the_list_of_the_app_holds_too(token, authorize, bob, public_app):
    integrations.update(public_app, by=BY, ip_allowlist=["198.51.100.7"])
    is_refused(token(authorize(bob, public_app)), "access_denied", "address_refused", status=403)


@pytest.mark.parametrize(
    "name", ["client", "user", "session", "secret", "scopes", "audience", "refresh", "code_challenge", "validator_log"]
)
@requirement("AS-AUTHORIZE-UNKNOWN")
def test_no_parameter_reaches_what_only_the_server_sets(name, token, authorize, bob, public_app):
    response = token({**authorize(bob, public_app), name: "x"})
    assert (response.status_code, response.json()["scope"]) == (200, "mcp.functions offline_access")
    assert AccessToken.objects.get().audience == SALES

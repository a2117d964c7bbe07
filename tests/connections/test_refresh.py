"""oauth.md 4: rotation, the overlap, reuse. O8 of oauth.md 9."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from django.utils import timezone

from audit.models import AuditEvent
from connections import integrations
from connections.models import AccessToken, RefreshToken, Session
from connections.oauth import sealing
from tests.connections.conftest import BY, SALES, is_refused
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session(token, authorize, bob, public_app):
    """Return the form that refreshes a new session."""
    return form_of(token(authorize(bob, public_app)).json(), public_app.client_id)


def form_of(answer, client_id):
    return {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": answer["refresh_token"]}


def let_the_overlap_pass():
    RefreshToken.objects.exclude(consumed_at=None).update(consumed_at=timezone.now() - timedelta(seconds=31))


@requirement("AS-REFRESH-ROTATION")
def test_a_refresh_gives_a_new_pair_in_the_same_session(token, session):
    answer = token(session).json()
    assert answer["refresh_token"] != session["refresh_token"]
    assert answer["scope"] == "mcp.functions offline_access"
    assert AccessToken.objects.count() == 2
    assert set(AccessToken.objects.values_list("audience", flat=True)) == {SALES}
    assert Session.objects.count() == 1


@requirement("O8-parallel")
def test_o8_twenty_parallel_refreshes_give_one_pair(server, session):
    def refresh(_):
        return httpx2.post(f"{server}/oidc/v1/token", data=session)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(refresh, range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 1
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert RefreshToken.objects.count() == 2
    assert AuditEvent.objects.filter(action="oauth.token", outcome="allowed").count() == 21


@requirement("AS-REFRESH-OVERLAP")
def test_a_lost_answer_is_given_again_with_the_time_that_is_left(token, session):
    first = token(session).json()
    RefreshToken.objects.exclude(consumed_at=None).update(consumed_at=timezone.now() - timedelta(seconds=10))
    again = token(session).json()
    assert {**again, "expires_in": 0} == {**first, "expires_in": 0}
    assert 3500 < again["expires_in"] <= 3600


@requirement("AS-REFRESH-SEALED")
def test_the_table_alone_does_not_open_the_answer(token, session):
    answer = token(session).json()
    sealed = RefreshToken.objects.exclude(consumed_at=None).get().sealed_answer
    assert answer["access_token"].encode() not in bytes(sealed)
    assert sealing.unseal(answer["refresh_token"], sealed) is None
    assert sealing.unseal(session["refresh_token"], sealed)["access_token"] == answer["access_token"]


@requirement("AS-REFRESH-OVERLAP")
def test_once_the_successor_is_used_the_answer_is_gone_but_the_session_lives(token, session):
    successor = {**session, "refresh_token": token(session).json()["refresh_token"]}
    newest = token(successor).json()
    is_refused(token(session), "invalid_grant", "successor_used")
    assert RefreshToken.objects.order_by("pk").first().sealed_answer is None
    assert token(form_of(newest, session["client_id"])).status_code == 200


@requirement("O8-reuse", "AS-REFRESH-REUSE")
def test_o8_reuse_after_the_overlap_ends_the_session_and_is_audited(token, session):
    newest = token(session).json()
    let_the_overlap_pass()
    is_refused(token(session), "invalid_grant", "refresh_token_reuse")
    assert Session.objects.get().revoke_reason == "refresh_token_reuse"
    is_refused(token(form_of(newest, session["client_id"])), "invalid_grant", "session_revoked")


@requirement("AS-REFRESH-REUSE")
def test_without_an_overlap_the_second_use_is_reuse(settings, token, session):
    settings.GATEPOST_REFRESH_OVERLAP_SECONDS = 0
    token(session)
    is_refused(token(session), "invalid_grant", "refresh_token_reuse")


@requirement("AS-REFRESH-SCOPE")
def test_scopes_may_shrink_and_the_refresh_token_keeps_them_all(token, session):
    narrow = token({**session, "scope": "mcp.functions"}).json()
    assert narrow["scope"] == "mcp.functions"
    assert token(form_of(narrow, session["client_id"])).json()["scope"] == "mcp.functions offline_access"


@requirement("O8-lost-right", "AS-REFRESH-RIGHTS")
def test_o8_a_scope_that_an_admin_took_from_the_app_narrows_or_ends_the_next_token(token, session, public_app):
    integrations.update(public_app, by=BY, scopes=["mcp.functions"])
    answer = token(session).json()
    assert answer["scope"] == "mcp.functions"
    integrations.update(public_app, by=BY, scopes=["mcp.sql"])
    is_refused(token(form_of(answer, session["client_id"])), "invalid_grant", "no_scope_left")


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("mcp.functions mcp.write", "scope_beyond_session"),
        ("mcp.sql", "scope_beyond_client"),
        ("default", "unknown_scope"),
    ],
)
@requirement("O8-wider-scope", "AS-REFRESH-SCOPE")
def test_o8_a_wider_scope_is_refused_and_uses_nothing_up(scope, reason, token, session):
    is_refused(token({**session, "scope": scope}), "invalid_scope", reason)
    assert token(session).status_code == 200


@requirement("O8-lost-right", "AS-REFRESH-RIGHTS")
def test_o8_a_role_that_was_lost_is_not_in_the_next_token(http, token, authorize, alice, confidential_app):
    app = confidential_app
    code = authorize(alice, app.integration, scopes=["all-apis", "offline_access"], audience="/")
    answer = token({**code, "client_secret": app.secret}).json()

    def listed(answer):
        bearer = {"Authorization": f"Bearer {answer['access_token']}"}
        return http.get("/api/2.0/preview/scim/v2/Users", headers=bearer).status_code

    assert listed(answer) == 200
    alice.is_account_admin = False
    alice.save()
    again = token({**form_of(answer, app.client_id), "client_secret": app.secret}).json()
    assert listed(again) == 403


@requirement("AS-REFRESH-RESOURCE")
def test_the_resource_must_lie_within_the_session(server, token, session):
    other = {**session, "resource": f"{server}/api/2.0/mcp/functions/demo/hr"}
    is_refused(token(other), "invalid_target", "other_resource")
    assert token({**session, "resource": f"{server}{SALES}/get_customer"}).status_code == 200


def test_a_refresh_token_ends(token, session):
    RefreshToken.objects.update(expires_at=timezone.now())
    is_refused(token(session), "invalid_grant", "refresh_token_expired")


@requirement("AS-SESSION-END")
def test_a_session_ends(token, session):
    Session.objects.update(ends_at=timezone.now())
    is_refused(token(session), "invalid_grant", "session_over")


@requirement("DOT-inactive", "AS-DISABLED-PERSON")
def test_dot_an_inactive_person_cannot_refresh(token, session, bob):
    bob.is_active = False
    bob.save()
    is_refused(token(session), "invalid_grant", "principal_disabled")


@requirement("AS-DISABLED-APP")
def test_a_disabled_app_cannot_refresh_and_is_not_told_to_register_again(token, session, public_app):
    integrations.set_enabled(public_app, False, by=BY)
    is_refused(token(session), "invalid_grant", "client_disabled")
    integrations.set_enabled(public_app, True, by=BY)
    assert token(session).status_code == 200


@requirement("AS-REFRESH-CLIENT")
def test_another_client_cannot_use_it_and_ends_nothing(token, session, confidential_app):
    other = {**session, "client_id": confidential_app.client_id, "client_secret": confidential_app.secret}
    is_refused(token(other), "invalid_grant", "refresh_token_of_another_client")
    assert token(session).status_code == 200


@requirement("AS-TOKEN-ERRORS")
def test_an_unknown_refresh_token_is_refused(token, session):
    is_refused(token({**session, "refresh_token": "x"}), "invalid_grant", "unknown_refresh_token")


@requirement("AS-REFRESH-KEEP")
def test_a_confidential_app_may_keep_its_refresh_token(token, authorize, bob, confidential_app):
    app = confidential_app
    integrations.update(app.integration, by=BY, token_access_policy={"enable_single_use_refresh_tokens": False})
    code = authorize(bob, app.integration, scopes=["all-apis", "offline_access"], audience="/")
    answer = token({**code, "client_secret": app.secret}).json()
    form = {**form_of(answer, app.client_id), "client_secret": app.secret}
    for _ in range(2):
        again = token(form).json()
        assert again["refresh_token"] == answer["refresh_token"]
        assert again["access_token"] != answer["access_token"]


@requirement("O2-parallel-grants")
def test_two_sessions_of_one_client_keep_their_own_limits(token, authorize, bob, public_app):
    """O2: nothing is keyed by the client alone."""
    hr = "/api/2.0/mcp/functions/demo/hr"
    first = token(authorize(bob, public_app)).json()
    second = token(authorize(bob, public_app, audience=hr)).json()
    token(form_of(first, public_app.client_id))
    token(form_of(second, public_app.client_id))
    audiences = AccessToken.objects.order_by("pk").values_list("session_id", "audience")
    assert [audience for _, audience in audiences] == [SALES, hr, SALES, hr]
    assert len({session for session, _ in audiences}) == 2

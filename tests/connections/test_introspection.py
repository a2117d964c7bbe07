"""RFC 7662: only an authenticated client, about its own tokens or with an admin's leave about all."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import activation, secrets, tokens
from audit.event import NOBODY
from audit.models import AuditEvent
from connections import integrations
from connections.models import AccessToken, Session
from tests.connections.conftest import BY, SALES, last_reason
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
DEAD = {"active": False}


@pytest.fixture
def introspect(http, confidential_app):
    def post(raw, app=confidential_app, **options):
        return http.post("/oidc/v1/introspect", data={"token": raw}, auth=(app.client_id, app.secret), **options)

    return post


@pytest.fixture
def access(token, authorize, bob, confidential_app):
    """An access token of bob for the confidential app."""
    form = authorize(bob, confidential_app.integration, scopes=("mcp.functions",))
    return token(form, auth=(confidential_app.client_id, confidential_app.secret)).json()["access_token"]


@pytest.fixture
def foreign(token, authorize, bob, public_app):
    """An access token of bob for another app."""
    return token(authorize(bob, public_app)).json()["access_token"]


@pytest.fixture
def gateway(confidential_app):
    integrations.update(confidential_app.integration, by=BY, may_introspect=True)


@requirement("AS-INTROSPECT-OWN")
def test_a_client_learns_about_its_own_token(introspect, access, bob, confidential_app, server):
    response = introspect(access)
    answer = response.json()
    expires, issued = answer.pop("exp"), answer.pop("iat")
    assert answer == {
        "active": True,
        "sub": str(bob.pk),
        "client_id": confidential_app.client_id,
        "scope": "mcp.functions",
        "aud": [f"{server}{SALES}"],
        "iss": server,
        "token_type": "Bearer",
    }
    assert expires - issued == 3600
    assert response.headers["Cache-Control"] == "no-store"


@requirement("DOT-introspection", "AS-INTROSPECT-OWN")
def test_dot_a_foreign_token_looks_dead(introspect, foreign):
    assert introspect(foreign).json() == DEAD


@requirement("AS-INTROSPECT-OWN")
def test_with_the_flag_every_token_is_described(introspect, foreign, gateway, bob, public_app):
    assert introspect(foreign).json()["client_id"] == public_app.client_id
    _, personal = tokens.create(bob, by=NOBODY, scopes=("all-apis",))
    answer = introspect(personal).json()
    assert (answer["sub"], "client_id" in answer) == (str(bob.pk), False)


def test_what_is_no_token_is_not_active(introspect, gateway):
    for raw in ("x", "gp_at_wrong", "é", secrets.make(secrets.Prefix.ACCESS_TOKEN)):
        assert introspect(raw).json() == DEAD


def test_a_refresh_token_opens_nothing_so_it_is_not_active(introspect, token, authorize, bob, confidential_app):
    form = authorize(bob, confidential_app.integration)
    raw = token(form, auth=(confidential_app.client_id, confidential_app.secret)).json()["refresh_token"]
    assert introspect(raw).json() == DEAD


@requirement("AS-DISABLED-PERSON", "AS-INTROSPECT-TRUTH")
def test_dot_o15_a_token_that_would_be_refused_is_not_active(introspect, access, bob):
    assert introspect(access).json()["active"] is True
    activation.set_active(bob, False, by=NOBODY)
    until(lambda: introspect(access).json() == DEAD, limit=1)


@requirement("AS-INTROSPECT-TRUTH")
def test_an_expired_or_revoked_token_is_not_active(introspect, access):
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    until(lambda: introspect(access).json() == DEAD, limit=1)
    AccessToken.objects.update(expires=timezone.now() + timedelta(hours=1))
    until(lambda: introspect(access).json()["active"], limit=1)
    Session.objects.update(revoked_at=timezone.now())
    until(lambda: introspect(access).json() == DEAD, limit=1)


@requirement("AS-INTROSPECT-AUTH")
def test_nobody_asks_without_authentication(http, access, public_app, confidential_app):
    for form in (
        {},
        {"client_id": public_app.client_id},
        {"client_id": confidential_app.client_id},
        {"client_id": confidential_app.client_id, "client_secret": "wrong"},
    ):
        refused = http.post("/oidc/v1/introspect", data={"token": access, **form})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        assert AuditEvent.objects.latest("at").action == "oauth.introspect"


def test_a_disabled_client_is_refused(introspect, access, confidential_app):
    integrations.set_enabled(confidential_app.integration, False, by=BY)
    refused = introspect(access)
    assert (refused.status_code, refused.json()["error"], last_reason()) == (400, "invalid_grant", "client_disabled")


@requirement("AS-INTROSPECT-AUTH")
def test_only_post_is_answered_and_a_question_is_no_decision(http, introspect, access):
    assert http.get("/oidc/v1/introspect", params={"token": access}).status_code == 405
    introspect(access)
    assert not AuditEvent.objects.filter(action="oauth.introspect").exists()


def test_a_public_app_cannot_have_the_flag(public_app):
    with pytest.raises(Exception, match="confidential"):
        integrations.update(public_app, by=BY, may_introspect=True)

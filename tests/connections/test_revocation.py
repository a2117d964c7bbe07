"""RFC 7009."""

import pytest

from audit.models import AuditEvent
from connections.models import AccessToken, Session
from tests.connections.conftest import is_refused
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tokens(token, authorize, bob, public_app):
    return token(authorize(bob, public_app)).json()


@pytest.fixture
def revoke(http):
    def post(form):
        before = AuditEvent.objects.count()
        response = http.post("/oidc/v1/revoke", data=form)
        assert AuditEvent.objects.count() == before + 1
        assert AuditEvent.objects.latest("at").action == "oauth.revoke"
        return response

    return post


@requirement("AS-REVOKE")
def test_a_refresh_token_ends_its_session(revoke, tokens, public_app, bob):
    response = revoke({"token": tokens["refresh_token"], "client_id": public_app.client_id})
    assert response.status_code == 200
    assert Session.objects.get().revoke_reason == "revoked_by_client"
    assert AuditEvent.objects.latest("at").principal_id == bob.id


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
@requirement("AS-REVOKE")
def test_an_access_token_ends_itself_whatever_the_hint(hint, revoke, tokens, public_app):
    form = {"token": tokens["access_token"], "client_id": public_app.client_id}
    assert revoke(form if hint is None else {**form, "token_type_hint": hint}).status_code == 200
    assert not AccessToken.objects.exists()
    assert Session.objects.get().revoked_at is None


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@requirement("AS-REVOKE-OWN")
def test_the_token_of_another_client_stays(kind, revoke, tokens, confidential_app):
    form = {"client_id": confidential_app.client_id, "client_secret": confidential_app.secret}
    assert revoke({**form, "token": tokens[kind]}).status_code == 200
    assert AccessToken.objects.exists()
    assert Session.objects.get().revoked_at is None


@requirement("AS-REVOKE")
def test_an_unknown_token_is_no_error(revoke, public_app):
    assert revoke({"token": "x", "client_id": public_app.client_id}).status_code == 200


@requirement("AS-REVOKE-OWN")
def test_a_stranger_and_a_missing_token_are_refused(revoke, tokens, public_app):
    response = revoke({"token": tokens["access_token"]})
    is_refused(response, "invalid_client", "unknown_client", status=401)
    is_refused(revoke({"client_id": public_app.client_id}), "invalid_request", "invalid_request")

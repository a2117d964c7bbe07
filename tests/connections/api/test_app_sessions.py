"""connections.api.app_sessions"""

import pytest

from accounts.models import Account
from audit.models import AuditEvent
from connections.models import Session
from tests.accounts.api.conftest import admin, caller
from tests.connections.conftest import SALES

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def path(authorize, bob, charlie, public_app):
    for person in (bob, charlie):
        authorize(person, public_app)
    account_id = Account.load().account_id
    return f"/api/2.0/accounts/{account_id}/oauth2/custom-app-integrations/{public_app.integration_id}/sessions"


def test_readers_see_who_uses_an_app(caller, admin, bob, dora, path):
    for reader in (admin, caller(dora)):
        first = reader.get(path, {"page_size": 1}).json()
        [shown] = first["sessions"]
        assert (shown["user_name"], shown["resource"]) == ("bob@example.com", SALES)
        assert shown["scopes"] == ["mcp.functions", "offline_access"]
        [other] = reader.get(path, {"page_size": 1, "page_token": first["next_page_token"]}).json()["sessions"]
        assert other["user_name"] == "charlie@example.com"
    assert caller(bob).get(path).status_code == 403


def test_an_admin_ends_every_session(admin, caller, alice, dora, path):
    assert caller(dora).delete(path).status_code == 403
    assert caller(alice, "all-apis").delete(path).status_code == 403
    assert admin.delete(path).json() == {"sessions": 2}
    assert admin.get(path).json() == {"sessions": []}
    assert not Session.objects.filter(revoked_at=None).exists()
    assert AuditEvent.objects.get(action="integration.revoke_tokens").details["sessions"] == 2
    assert (
        admin.delete(path.replace("oauth2/custom-app-integrations/", "oauth2/custom-app-integrations/x")).status_code
        == 404
    )

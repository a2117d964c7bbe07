"""connections.api.consents"""

import pytest

from connections.models import Consent, Session
from tests.accounts.api.conftest import admin, caller
from tests.connections.api.test_explain import allow, app

__all__ = ["admin", "app", "caller"]
pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/consents"


def seen(client, **filters):
    answer = client.get(X, filters)
    assert answer.status_code == 200, answer.content
    return [row["user_name"] for row in answer.json()["consents"]]


def test_one_sees_ones_own_and_readers_see_all(admin, caller, app, bob, charlie, dora):
    allow(bob, app)
    allow(charlie, app, catalogs=["demo"])
    assert seen(caller(bob)) == ["bob@example.com"]
    assert seen(admin) == seen(caller(dora)) == ["bob@example.com", "charlie@example.com"]
    assert seen(admin, user="charlie@example.com") == seen(admin, user=str(charlie.pk)) == ["charlie@example.com"]
    assert seen(admin, client_id="other") == []
    assert seen(caller(bob), user="charlie@example.com") == []


def test_taking_back_ends_the_sessions(caller, app, bob):
    consent = allow(bob, app)
    session = Session.objects.create(
        user=bob, integration=app, consent=consent, scopes=[], audience="/", ends_at=consent.ends_at
    )
    mine = caller(bob, "all-apis")
    assert mine.delete(f"{X}/{consent.pk}").status_code == 200
    session.refresh_from_db()
    assert session.revoked_at
    assert mine.delete(f"{X}/{consent.pk}").status_code == 404


def test_the_consent_of_somebody_else_needs_an_admin_with_access_management(
    admin, caller, app, alice, bob, charlie, dora
):
    consent = allow(bob, app)
    assert caller(charlie).delete(f"{X}/{consent.pk}").status_code == 404
    assert caller(dora).delete(f"{X}/{consent.pk}").status_code == 404
    assert caller(alice, "all-apis").delete(f"{X}/{consent.pk}").status_code == 403
    assert admin.delete(f"{X}/{consent.pk}").status_code == 200
    assert Consent.objects.get().revoked_at
    assert admin.delete(f"{X}/nonsense").status_code == 404

"""connections.api.consents"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import CredentialUse
from audit.models import AuditEvent
from connections.models import AppIntegration, Consent, Session
from tests.accounts.api.conftest import admin, caller
from tests.connections.api.test_explain import allow, app
from tests.requirements import requirement

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


@requirement("AS-CONSENT-ENDS")
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


def test_a_person_narrows_their_own_consent(caller, app, bob):
    consent = allow(bob, app, scopes=["mcp.functions", "mcp.write"])
    session = Session.objects.create(
        user=bob, integration=app, consent=consent, scopes=consent.scopes, audience="/", ends_at=consent.ends_at
    )
    CredentialUse.objects.create(
        credential_kind="session", credential_id=str(session.pk), last_used_at=timezone.now() - timedelta(hours=1)
    )
    mine = caller(bob, "all-apis")
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    body = {"scopes": ["mcp.functions"], "catalogs": ["demo"], "expire_time": soon}
    answer = mine.send("PATCH", f"{X}/{consent.pk}", body)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["scopes"], told["catalogs"], told["sessions"]) == (["mcp.functions"], ["demo"], 1)
    assert told["expire_time"][:16] == soon[:16]
    assert told["last_use_time"]
    assert told["client_verified"] is True
    session.refresh_from_db()
    assert (session.scopes, session.catalogs) == (["mcp.functions"], ["demo"])
    assert AuditEvent.objects.get(action="consent.narrow").principal_id == bob.pk


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["mcp.functions", "mcp.sql"]}, "scopes"),
        ({"scopes": ["nonsense"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"catalogs": []}, "catalogs"),
        ({"expire_time": "2099-01-01T00:00:00Z"}, "expire_time"),
        ({"expire_time": 5}, "expire_time"),
        ({"write": False}, "write"),
    ],
)
def test_a_change_that_adds_or_cannot_be_read_is_refused_by_name(caller, app, bob, body, field):
    consent = allow(bob, app)
    answer = caller(bob, "all-apis").send("PATCH", f"{X}/{consent.pk}", body)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert Consent.objects.get().scopes == ["mcp.functions"]


def test_nobody_narrows_for_somebody_else_without_the_right(caller, app, alice, bob, charlie):
    consent = allow(bob, app)
    body = {"catalogs": ["demo"]}
    assert caller(charlie).send("PATCH", f"{X}/{consent.pk}", body).status_code == 404
    assert caller(alice, "all-apis").send("PATCH", f"{X}/{consent.pk}", body).status_code == 403
    assert caller(alice).send("PATCH", f"{X}/{consent.pk}", body).status_code == 200


def test_a_person_signs_out_of_every_app_and_an_admin_does_it_for_them(caller, app, alice, bob, charlie):
    for person in (bob, charlie):
        Session.objects.create(
            user=person, integration=app, consent=allow(person, app), scopes=[], audience="/", ends_at=_tomorrow()
        )
    mine = caller(bob, "all-apis")
    assert mine.delete(X).status_code == 400
    assert mine.delete(f"{X}?user=charlie@example.com").status_code == 404
    assert mine.delete(f"{X}?user=bob@example.com&client=x").status_code == 400
    assert mine.delete(f"{X}?user=bob@example.com").json() == {"sessions": 1}
    assert Session.objects.get(revoked_at=None).user == charlie
    assert caller(alice, "all-apis").delete(f"{X}?user={charlie.pk}").status_code == 403
    assert caller(alice).delete(f"{X}?user={charlie.pk}").json() == {"sessions": 1}
    assert not Consent.objects.filter(revoked_at=None).exists()
    assert Session.objects.get(user=charlie).revoke_reason == "ended_by_admin"


def test_consents_of_one_client_are_taken_back_by_a_person_and_by_an_admin(caller, admin, app, bob, charlie):
    other = AppIntegration.objects.create(
        client_id="other", client_type="public", authorization_grant_type="authorization-code", scopes=["mcp.functions"]
    )
    for person in (bob, charlie):
        for client in (app, other):
            Session.objects.create(
                user=person,
                integration=client,
                consent=allow(person, client),
                scopes=[],
                audience="/",
                ends_at=_tomorrow(),
            )
    assert caller(bob, "all-apis").delete(f"{X}?client_id=app").json() == {"sessions": 1}
    assert {(each.user, each.integration) for each in Consent.objects.filter(revoked_at=None)} == {
        (bob, other),
        (charlie, app),
        (charlie, other),
    }
    assert admin.delete(f"{X}?client_id=nothing").status_code == 404
    assert caller(charlie, "all-apis").delete(f"{X}?client_id=app&user={bob.pk}").status_code == 404
    assert admin.delete(f"{X}?client_id=other").json() == {"sessions": 2}
    assert Consent.objects.get(revoked_at=None).integration == app
    event = AuditEvent.objects.filter(action="consent.revoke_all").latest("at")
    assert (event.object, event.details["consents"]) == ("client:other", 2)


def test_everybodys_consents_need_the_right_to_manage_access(caller, app, alice, bob):
    allow(bob, app)
    assert caller(alice, "all-apis").delete(f"{X}?client_id=app").status_code == 403
    assert Consent.objects.get().revoked_at is None


def _tomorrow():
    return timezone.now() + timedelta(days=1)

"""connections.consents: what is taken away is gone everywhere, and nothing is ever added."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from audit.models import AuditEvent
from connections import authorized_apps, consent_policy, consents, sessions
from connections.models import Consent, Session
from connections.narrowing import Narrowed
from tests.connections.conftest import BY
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
SCOPES = ("mcp.functions", "mcp.write", "offline_access")


@pytest.fixture
def consent(authorize, bob, public_app):
    authorize(bob, public_app, scopes=SCOPES)
    return Consent.objects.get()


def narrow(consent, **changes):
    kept = {"scopes": tuple(consent.scopes), "catalogs": None, "ends_at": consent.ends_at}
    consents.narrow(consent, Narrowed(**{**kept, **changes}), by=BY)
    return Consent.objects.get(pk=consent.pk), Session.objects.get(consent=consent)


@requirement("AS-CONSENT-EDIT")
def test_narrowing_reaches_the_consent_and_its_session_and_is_recorded(consent):
    soon = timezone.now() + timedelta(hours=1)
    kept = ("mcp.functions", "offline_access")
    stored, session = narrow(consent, scopes=kept, catalogs=("demo",), ends_at=soon)
    for row in (stored, session):
        assert (tuple(row.scopes), row.catalogs, row.ends_at) == (kept, ["demo"], soon)
    event = AuditEvent.objects.get(action="consent.narrow")
    assert event.details["before"]["scopes"] == list(SCOPES)
    assert event.details["after"] == {"scopes": list(kept), "catalogs": ["demo"], "expire_time": soon.isoformat()}
    narrow(stored, catalogs=("demo",))
    assert AuditEvent.objects.filter(action="consent.narrow").count() == 1


def test_a_broad_scope_is_narrowed_to_one_that_it_includes(authorize, bob, confidential_app):
    authorize(bob, confidential_app.integration, scopes=("all-apis",))
    stored, session = narrow(Consent.objects.get(), scopes=("mcp.sql",))
    assert (stored.scopes, session.scopes) == (["mcp.sql"], ["mcp.sql"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": ("mcp.functions", "mcp.sql")}, "scopes"),
        ({"scopes": ()}, "scopes"),
        ({"catalogs": ()}, "catalogs"),
        ({"ends_at": timezone.now() + timedelta(days=365)}, "expire_time"),
        ({"ends_at": timezone.now() - timedelta(seconds=1)}, "expire_time"),
    ],
)
@requirement("AS-CONSENT-EDIT")
def test_nothing_is_added_and_something_stays(consent, changes, field):
    with pytest.raises(Invalid) as refusal:
        narrow(consent, **changes)
    assert list(refusal.value.errors) == [field]
    assert consents.describe(Consent.objects.get()) == consents.describe(consent)


def test_catalogs_that_were_taken_away_do_not_come_back(consent):
    narrow(consent, catalogs=("demo", "sales"))
    for more in (("demo", "hr"), None):
        with pytest.raises(Invalid):
            narrow(Consent.objects.get(), catalogs=more)
    _, session = narrow(Consent.objects.get(), catalogs=("sales",))
    assert session.catalogs == ["sales"]


def test_what_the_app_cannot_do_without_is_not_taken_away(consent, public_app):
    public_app.user_authorized_scopes = ["mcp.functions"]
    public_app.save()
    with pytest.raises(Invalid):
        narrow(consent, scopes=("offline_access",))


def test_a_session_that_was_narrower_stays_so(consent):
    Session.objects.update(scopes=["offline_access"], catalogs=["demo"], ends_at=timezone.now() + timedelta(hours=1))
    earlier = Session.objects.get().ends_at
    _, session = narrow(consent, scopes=("mcp.functions", "offline_access"), catalogs=("demo", "sales"))
    assert (session.scopes, session.catalogs, session.ends_at) == (["offline_access"], ["demo"], earlier)


@requirement("AS-CONSENT-EDIT")
def test_a_consent_that_was_taken_back_cannot_be_changed_and_makes_no_tokens(consent):
    Consent.objects.update(revoked_at=timezone.now())
    with pytest.raises(NotFound):
        narrow(consent)
    assert sessions.problem(sessions.loaded(Session.objects.get().pk), timezone.now()) == "consent_revoked"


def test_taking_back_twice_is_recorded_once(consent):
    assert (consents.revoke(consent, by=BY), consents.revoke(consent, by=BY)) == (1, 0)
    event = AuditEvent.objects.get(action="consent.revoke")
    assert (event.details["sessions"], event.details["person"]) == (1, "bob@example.com")
    assert event.details["before"]["scopes"] == list(SCOPES)


def test_an_older_answer_does_not_come_back_when_the_newest_is_taken_back(authorize, bob, public_app):
    question = consents.Question(bob, public_app, ("mcp.functions",), "/", "https://app.example.com/callback")
    wanted = Narrowed(("mcp.functions",), None, timezone.now() + timedelta(days=1))
    consents.allow(question, wanted)
    newest = consents.allow(question, wanted)
    with transaction.atomic():
        assert consent_policy.standing_answer(question)() == newest
    consents.revoke(newest, by=BY)
    assert consent_policy.standing_answer(question) is None


def test_what_an_app_may_do_is_told_with_its_life(consent, bob):
    [seen] = authorized_apps.with_life([consent])
    assert (seen.sessions, seen.last_used_at, seen.writes) == (1, None, True)
    assert authorized_apps.reuses(bob) == []
    sessions.revoke(Session.objects.get(), "refresh_token_reuse")
    [seen] = authorized_apps.with_life([consent])
    assert seen.sessions == 0
    assert [reuse.app for reuse in authorized_apps.reuses(bob)] == ["Claude"]

"""Console pages of consents: one's own under Authorized apps, everybody's under App connections."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditEvent
from catalog.models import Catalog, Privilege
from connections import consents, sessions
from connections.models import AppIntegration, Consent, Session
from tests.connections.conftest import BY
from tests.console import signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("console-authorized-apps")
NOW = {"catalogs": ["demo", "sales"], "write": "on", "minutes": ""}


@pytest.fixture
def catalogs(bob):
    for name in ("demo", "sales"):
        made = Catalog.objects.create(name=name, host="127.0.0.1", database=name, user=name, password_sealed=b"")
        Privilege.objects.create(user=bob, action="USE_CATALOG", securable="catalog", catalog=made)


@pytest.fixture
def consent(authorize, bob, charlie, public_app, catalogs):
    authorize(charlie, public_app)
    authorize(bob, public_app, scopes=("mcp.functions", "mcp.write"), audience="/")
    return Consent.objects.get(user=bob)


def url(name, consent):
    return reverse(f"console-consent-{name}", args=[consent.pk])


def test_the_list_tells_what_each_app_may_do(consent, bob):
    page = signed_in(bob).get(LIST).content.decode()
    for told in (
        "Claude",
        "Added by an admin",
        "app.example.com",
        "Call the database functions",
        "Read and change",
        "Every catalog that you may use",
        "Never used",
    ):
        assert told in page
    assert page.count("Revoke<") == 1


def test_without_an_app_the_page_says_how_one_comes_here(bob):
    assert "No app acts for you." in signed_in(bob).get(LIST).content.decode()


def test_an_app_that_chose_its_own_name_is_marked(consent, bob):
    AppIntegration.objects.update(registration_source="dcr", resembles="Claude Code")
    page = signed_in(bob).get(LIST).content.decode()
    assert "Not verified: the app chose this name." in page
    assert "looks like “Claude Code”" in page


def test_reuse_of_a_refresh_token_is_told_even_when_nothing_is_left_of_the_app(consent, bob):
    sessions.revoke(Session.objects.get(user=bob), "refresh_token_reuse")
    consents.revoke(consent, by=BY)
    page = signed_in(bob).get(LIST).content.decode()
    assert "a refresh token of “Claude” was used a second time" in page
    assert "No app acts for you." in page


def test_a_person_takes_a_catalog_writing_and_time_away(consent, bob):
    browser = signed_in(bob)
    answer = browser.post(url("narrow", consent), {"catalogs": ["demo"], "minutes": "60"})
    assert answer.url == LIST
    for row in (Consent.objects.get(pk=consent.pk), Session.objects.get(user=bob)):
        assert (row.scopes, row.catalogs) == (["mcp.functions"], ["demo"])
        assert row.ends_at < timezone.now() + timedelta(minutes=61)
    assert AuditEvent.objects.get(action="consent.narrow").principal_id == bob.pk
    page = browser.get(url("narrow", consent)).content.decode()
    assert "Change data" not in page
    assert 'value="sales"' not in page


def test_leaving_all_as_it_is_changes_nothing(consent, bob):
    signed_in(bob).post(url("narrow", consent), NOW)
    assert consents.describe(Consent.objects.get(pk=consent.pk)) == consents.describe(consent)
    assert not AuditEvent.objects.filter(action="consent.narrow").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"catalogs": []}, "Leave at least one catalog"),
        ({"catalogs": ["demo", "hr"]}, "hr is not one of the available choices"),
        ({"minutes": "9999999"}, "9999999 is not one of the available choices"),
    ],
)
def test_a_form_that_would_add_changes_nothing(consent, bob, changes, told):
    answer = signed_in(bob).post(url("narrow", consent), {**NOW, **changes})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert consents.describe(Consent.objects.get(pk=consent.pk)) == consents.describe(consent)


def test_a_person_revokes_one_app(consent, bob):
    browser = signed_in(bob)
    assert "1 session ends. Never used." in browser.get(url("revoke", consent)).content.decode()
    answer = browser.post(url("revoke", consent), follow=True)
    assert "“Claude” can no longer reach your catalogs." in answer.content.decode()
    assert Session.objects.get(revoked_at=None).user.email == "charlie@example.com"
    assert browser.get(url("revoke", consent)).status_code == 404


def test_a_person_signs_out_of_all_apps(consent, bob):
    browser, where = signed_in(bob), reverse("console-authorized-apps-sign-out")
    assert "1 app session acts for you now." in browser.get(where).content.decode()
    browser.post(where)
    assert Consent.objects.get(revoked_at=None).user.email == "charlie@example.com"


def test_the_consent_of_somebody_else_is_not_there(consent, alice, charlie, dora):
    for person in (charlie, dora):
        browser = signed_in(person)
        assert [browser.post(url(name, consent)).status_code for name in ("narrow", "revoke")] == [404, 404]
    assert signed_in(alice).get(url("narrow", consent)).status_code == 404


def test_an_admin_sees_consents_by_person_and_by_app_and_revokes(consent, alice, public_app):
    browser, where = signed_in(alice), reverse("console-consents")
    everything = browser.get(where).content.decode()
    assert "bob@example.com" in everything
    assert "charlie@example.com" in everything
    ofbob = browser.get(where, {"person": "BOB"}).content.decode()
    assert "charlie@example.com" not in ofbob
    assert "charlie@example.com" in browser.get(where, {"app": public_app.client_id}).content.decode()
    assert "No consent matches" in browser.get(where, {"app": "nothing"}).content.decode()
    answer = browser.post(url("revoke", consent), follow=True)
    assert "“Claude” can no longer act for Bob." in answer.content.decode()
    event = AuditEvent.objects.get(action="consent.revoke")
    assert (event.principal_id, event.details["person"]) == (alice.pk, "bob@example.com")


def test_who_reads_sees_no_button_and_a_member_no_page(consent, bob, dora):
    page = signed_in(dora).get(reverse("console-consents")).content.decode()
    assert "bob@example.com" in page
    assert "Revoke" not in page
    assert signed_in(bob).get(reverse("console-consents")).status_code == 403


def test_narrowing_to_nothing_less_keeps_every_catalog(consent, bob):
    """Somebody who may use every catalog and only ends sooner still reaches the catalogs of tomorrow."""
    signed_in(bob).post(url("narrow", consent), {**NOW, "minutes": "1440"})
    assert Consent.objects.get(pk=consent.pk).catalogs is None


def test_an_admin_takes_back_what_everybody_allowed_one_app(consent, alice, bob, public_app):
    where = reverse("console-app-integration-revoke-consents", args=[public_app.integration_id])
    assert signed_in(bob).post(where).status_code == 403
    browser = signed_in(alice)
    assert "2 consents are taken back." in browser.get(where).content.decode()
    assert "2 sessions ended." in browser.post(where, follow=True).content.decode()
    assert not Consent.objects.filter(revoked_at=None).exists()
    assert AuditEvent.objects.get(action="consent.revoke_all").details["client_id"] == public_app.client_id


def test_people_lead_to_their_apps(consent, alice):
    page = signed_in(alice).get(reverse("console-people")).content.decode()
    assert f"{reverse('console-consents')}?person=bob%40example.com" in page

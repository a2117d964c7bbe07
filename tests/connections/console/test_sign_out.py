"""Signing out ends the console session; the person may end every app session on the same page."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from connections.models import Consent, Session
from tests.console import signed_in
from tests.requirements import requirement

pytestmark = pytest.mark.django_db


@pytest.fixture
def connected(authorize, bob, charlie, public_app):
    authorize(bob, public_app)
    authorize(charlie, public_app)
    return bob


def test_the_page_says_how_many_apps_act_for_the_person(connected):
    page = signed_in(connected).get(reverse("account_logout")).content.decode()
    assert "One app acts for you now" in page


def test_signing_out_leaves_the_apps_alone(connected):
    browser = signed_in(connected)
    assert browser.post(reverse("account_logout")).status_code == 302
    assert browser.get("/").status_code == 302
    assert Session.objects.filter(revoked_at=None).count() == 2


@requirement("AS-LOGOUT")
def test_o15_signing_out_of_apps_ends_only_the_own_ones(connected):
    browser = signed_in(connected)
    browser.post(reverse("account_logout"), {"apps": "on"})
    assert browser.get("/").status_code == 302
    assert Session.objects.get(revoked_at=None).user.email == "charlie@example.com"
    assert Session.objects.get(user=connected).revoke_reason == "ended_by_person"
    event = AuditEvent.objects.get(action="consent.revoke_all")
    assert event.principal_id == connected.pk
    assert event.details == {"consents": 1, "sessions": 1, "person": "bob@example.com"}
    assert Consent.objects.get(revoked_at=None).user.email == "charlie@example.com"


def test_a_stranger_has_nothing_to_sign_out_of(client):
    assert client.get(reverse("account_logout")).status_code == 302

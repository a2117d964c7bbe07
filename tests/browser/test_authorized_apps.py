"""Authorized apps by keyboard: narrow, revoke, sign out of all."""

from django.urls import reverse

from connections.models import Consent, Session
from tests.browser import world
from tests.browser.test_journeys import follow, press_to


def test_a_person_narrows_and_revokes_by_keyboard(alice, sign_in):
    things = world.build(alice)
    page = sign_in(alice)
    page.goto(reverse("console-authorized-apps"))
    assert page.get_by_text("was used a second time").is_visible()
    follow(page, "link", "Narrow Claude (web and desktop)")
    press_to(page, "checkbox", "sales")
    page.keyboard.press("Space")
    press_to(page, "checkbox", "Change data")
    page.keyboard.press("Space")
    follow(page, "button", "Save changes")
    assert page.get_by_text("may do less from the next call on").is_visible()
    [session] = Session.objects.filter(consent=things.consent, revoked_at=None)
    assert (session.catalogs, session.scopes) == (["demo"], ["unity-catalog", "offline_access"])
    follow(page, "link", "Revoke Claude (web and desktop)")
    follow(page, "button", "Revoke Claude (web and desktop)")
    assert page.get_by_text("can no longer reach your catalogs").is_visible()
    follow(page, "link", "Sign out of all apps")
    follow(page, "button", "Sign out of all apps")
    assert page.get_by_text("No app acts for you.").is_visible()
    assert not Consent.objects.filter(revoked_at=None).exists()

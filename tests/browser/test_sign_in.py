"""Signing in as a person does: password, authenticator app, passkey. Codes and ceremonies are real."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.console import totp_code

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_attempts_yet():
    cache.clear()


@pytest.fixture
def enter(alice, open_page):
    """Open the sign-in page of alice, who is an account admin, and send her password."""
    alice.set_password(PASSWORD)
    alice.save()

    def enter(page=None):
        page = page or open_page()
        page.goto(reverse("account_login"))
        page.get_by_label("E-mail").fill(alice.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        return page

    return enter


def test_an_admin_sets_up_an_authenticator_app_before_the_console_opens(enter):
    page = enter()
    page.get_by_text("You need a second factor before you go on.").wait_for()
    page.get_by_role("link", name="Set up").click()
    secret = page.get_by_label("Secret").input_value()
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="Set up authenticator app").click()
    page.get_by_text("Incorrect code.").first.wait_for()
    page.locator("[name=code]").fill(totp_code(secret))
    page.get_by_role("button", name="Set up authenticator app").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("heading", name="App connections").wait_for()

    again = enter()
    again.get_by_role("heading", name="Second factor").wait_for()
    again.goto(reverse("console-tokens"))
    again.get_by_role("heading", name="Second factor").wait_for()  # the password alone opens nothing
    cache.clear()  # a code is good for one use; the app would show the next one in half a minute
    again.locator("[name=code]").fill(totp_code(secret))
    again.get_by_role("button", name="Sign in", exact=True).click()
    again.get_by_role("heading", name="App connections").wait_for()


def with_authenticator(page):
    """Plug a security key into the browser that checks its person and keeps passkeys (CDP WebAuthn)."""
    cdp = page.context.new_cdp_session(page.page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def test_an_admin_adds_a_passkey_and_signs_in_with_it_alone(enter, open_page):
    page = enter(with_authenticator(open_page()))
    page.get_by_role("link", name="Add passkey").click()
    page.locator("[name=passwordless]").check()
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("heading", name="App connections").wait_for()

    page.context.clear_cookies()
    page.goto(reverse("account_login"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="App connections").wait_for()

    page.context.clear_cookies()
    enter(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="App connections").wait_for()

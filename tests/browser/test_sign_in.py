"""Signing in as a person does: password, authenticator app, passkey. Codes and ceremonies are real."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from tests.console import totp_code
from tests.mail import mailbox
from tests.requirements import requirement

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


@requirement("AS-SECOND-FACTOR")
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


def test_an_admin_invites_a_person_who_chooses_a_password_by_a_link(alice, sign_in, open_page, live_server, settings):
    settings.GATEPOST_PUBLIC_URL = live_server.url
    page = sign_in(alice)
    page.goto(reverse("console-people"))
    page.get_by_role("link", name="Invite person").click()
    page.get_by_label("E-mail").fill("Eve@example.com")
    page.get_by_role("textbox", name="Name").fill("Eve")
    page.get_by_label("Auditor").check()
    page.get_by_role("main").get_by_role("button", name="Invite person").click()
    link = page.get_by_label("Link for eve@example.com").input_value()

    invited = open_page()
    invited.goto(link)
    invited.get_by_text("For Eve (eve@example.com).").wait_for()
    invited.get_by_label("Password").fill("short")
    invited.get_by_role("button", name="Set password").click()
    invited.get_by_text("This password is too short").first.wait_for()
    invited.get_by_label("Password").fill(PASSWORD)
    invited.get_by_role("button", name="Set password").click()
    invited.get_by_text("The password was set. Sign in with it.").wait_for()
    invited.get_by_label("E-mail").fill("eve@example.com")
    invited.get_by_label("Password").fill(PASSWORD)
    invited.get_by_role("button", name="Sign in", exact=True).click()
    invited.get_by_role("heading", name="App connections").wait_for()
    assert User.objects.get(email="eve@example.com").is_auditor

    again = open_page()
    assert again.goto(link).status == 410
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    assert "gp_si_" not in page.content()
    assert User.objects.filter(email="eve@example.com").count() == 1


def test_without_a_mail_server_the_page_names_who_can_help(open_page, settings):
    settings.HAS_MAIL = False
    page = open_page()
    page.goto(reverse("account_login"))
    page.get_by_role("link", name="Forgotten password").click()
    page.get_by_text("Ask an account admin for a password link.").wait_for()


@pytest.fixture
def post_office(settings, live_server):
    """Mail goes to a server of ours, by the backend that production uses."""
    settings.GATEPOST_PUBLIC_URL = live_server.url
    with mailbox() as server:
        settings.HAS_MAIL = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield server


def ask_for_mail(page, email):
    page.goto(reverse("account_login"))
    page.get_by_role("link", name="Forgotten password").click()
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send link").click()
    page.get_by_role("heading", name="Link sent").wait_for()


def test_a_forgotten_password_is_reset_by_mail_and_the_second_factor_stays(alice, open_page, post_office):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(alice, secret)
    page = open_page()
    ask_for_mail(page, "alice@example.com")
    [mail] = post_office.mail
    assert (mail["To"], mail["Subject"]) == ("alice@example.com", "Choose a new password for Gatepost")
    link = re.search(r"http\S+", mail.get_content())[0]
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Second factor").wait_for()
    page.locator("[name=code]").fill(totp_code(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="App connections").wait_for()
    assert AuditEvent.objects.filter(action="user.set_password", object="alice@example.com").count() == 1

    assert page.goto(link).status == 410


def test_an_address_that_nobody_has_gets_no_mail_and_the_same_answer(open_page, post_office):
    ask_for_mail(open_page(), "stranger@example.com")
    assert post_office.mail == []

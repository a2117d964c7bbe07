"""accounts.second_factor and its middleware: who is led to set one up, and who is left in peace."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.urls import reverse

from accounts import links
from accounts.models import Account
from tests.console import signed_in
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SECURITY = reverse("mfa_index")
TOKENS = reverse("console-tokens")


@pytest.fixture(autouse=True)
def no_attempts_yet_and_quick_hashes(settings):
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def sign_in(client):
    def sign_in(person):
        person.set_password(PASSWORD)
        person.save()
        client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        return client

    return sign_in


def ask_everybody():
    Account.load()
    Account.objects.update(settings={"second_factor": "everybody"})


@pytest.mark.parametrize(
    "path", ["/", TOKENS, reverse("console-app-connections"), "/oidc/v1/authorize", reverse("oauth_device")]
)
@requirement("AS-SECOND-FACTOR")
def test_an_admin_with_a_password_alone_is_led_to_set_up_a_second_factor(alice, sign_in, path):
    answer = sign_in(alice).get(path)
    assert (answer.status_code, answer.url) == (302, SECURITY)


@requirement("AS-SECOND-FACTOR")
def test_no_form_is_sent_past_it(alice, sign_in):
    answer = sign_in(alice).post(reverse("console-token-add"), {"comment": "x"})
    assert (answer.status_code, answer.url) == (302, SECURITY)


def test_where_it_is_set_up_and_the_way_out_stay_open(alice, sign_in):
    browser = sign_in(alice)
    for name in ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_logout"):
        assert browser.get(reverse(name)).status_code == 200, name


def test_with_a_second_factor_the_console_opens_and_without_it_it_closes_again(alice, sign_in):
    browser = sign_in(alice)
    assert browser.get(TOKENS).url == SECURITY
    factor = TOTP.activate(alice, "JBSWY3DPEHPK3PXP").instance
    assert f'href="{TOKENS}"' in browser.get(SECURITY).content.decode()
    assert browser.get(TOKENS).status_code == 200
    factor.delete()
    assert browser.get(TOKENS).url == SECURITY


def test_a_member_is_asked_only_when_everybody_is(bob, sign_in):
    browser = sign_in(bob)
    assert browser.get(TOKENS).status_code == 200
    ask_everybody()
    assert browser.get(TOKENS).url == SECURITY


def test_where_an_identity_provider_asks_gatepost_does_not(alice, sign_in, settings):
    settings.GATEPOST_ADMIN_SECOND_FACTOR = False
    assert sign_in(alice).get(TOKENS).status_code == 200


def test_a_one_time_link_opens_the_console_by_itself(alice):
    ask_everybody()
    assert signed_in(alice).get(TOKENS).status_code == 200


def test_the_first_admin_sets_one_up_right_away(db, client):
    Account.load()
    filled = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    client.post(reverse("console-first-run", args=[links.make(None, minutes=5)]), filled)
    assert client.get(TOKENS).url == SECURITY

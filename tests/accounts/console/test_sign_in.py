from ipaddress import ip_address

import pytest
from django.test import Client
from django.urls import reverse

from accounts import links, network_lists
from accounts.models import Account
from audit.event import By
from audit.models import AuditEvent
from tests.console import signed_in
from tests.requirements import requirement

PASSWORD = "a long password"


@pytest.fixture
def with_password(alice):
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def sign_in(client, email, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_a_person_signs_in_by_password_and_out_again(with_password, client, settings):
    settings.GATEPOST_ADMIN_SECOND_FACTOR = False
    assert sign_in(client, "Alice@example.com").url == "/"
    assert client.get("/").url == reverse("console-app-connections")
    client.post(reverse("account_logout"))
    assert client.get("/").url.startswith(reverse("account_login"))
    assert list(AuditEvent.objects.order_by("id").values_list("action", "outcome")) == [
        ("sign_in", "allowed"),
        ("sign_out", "allowed"),
    ]


def test_a_wrong_password_is_recorded_and_names_no_unknown_person(with_password, client):
    assert sign_in(client, "alice@example.com", "wrong").status_code == 200
    assert sign_in(client, "nobody@example.com", "wrong").status_code == 200
    names = AuditEvent.objects.filter(outcome="denied").order_by("id").values_list("principal_name", flat=True)
    assert list(names) == ["alice@example.com", ""]


def test_a_deactivated_person_cannot_sign_in(with_password, client):
    with_password.is_active = False
    with_password.save()
    sign_in(client, "alice@example.com")
    assert client.get("/").url.startswith(reverse("account_login"))


def test_nobody_registers_themself(db, client):
    page = client.get(reverse("account_signup"))
    assert b"Accounts are made by admins" in page.content
    client.post(reverse("account_signup"), {"email": "new@example.com", "password1": PASSWORD})
    assert not AuditEvent.objects.exists()


def test_a_link_signs_in_once(alice, client):
    url = reverse("console-first-run", args=[links.make(alice, minutes=5)])
    assert client.get(url).url == "/"
    again = Client().get(url)
    assert again.status_code == 410
    assert b"Link no longer valid" in again.content


@requirement("AS-PAT-FRESH")
def test_a_sign_in_by_password_counts_as_recent_and_an_old_one_does_not(with_password, client, settings):
    settings.GATEPOST_ADMIN_SECOND_FACTOR = False
    sign_in(client, "alice@example.com")
    assert client.get(reverse("console-token-add")).status_code == 200
    let_ten_minutes_pass(client)
    answer = client.get(reverse("console-token-add"))
    assert answer.url.startswith(reverse("account_reauthenticate"))
    answer = client.post(answer.url, {"password": PASSWORD})
    assert answer.url == reverse("console-token-add")
    assert client.get(answer.url).status_code == 200


def let_ten_minutes_pass(client):
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 601
    session.save()


@pytest.mark.parametrize(
    "place", ["console-token-add", "console-app-integration-add", "mfa_activate_totp", "account_set_password"]
)
def test_without_password_and_factor_an_old_sign_in_opens_nothing_dangerous(alice, place):
    browser = signed_in(alice)
    assert browser.get(reverse(place)).status_code == 200
    let_ten_minutes_pass(browser)
    refused = browser.get(reverse(place))
    assert refused.status_code == 403
    assert b"Come in by a new sign-in link" in refused.content
    assert browser.post(reverse(place), {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403
    alice.refresh_from_db()
    assert not alice.has_usable_password()


def test_the_network_access_lists_of_the_account_guard_the_console(alice):
    Account.load()
    browser = signed_in(alice)
    by = By(principal_id=alice.id, address=ip_address("198.51.100.7"))
    network_lists.create("account", by=by, label="Office", list_type="ALLOW", ip_addresses=["198.51.100.0/24"])
    for url in (reverse("console-tokens"), reverse("account_login")):
        refused = browser.get(url)
        assert refused.status_code == 403
        assert b"127.0.0.1" in refused.content
    assert browser.get(reverse("console-tokens"), REMOTE_ADDR="198.51.100.7").status_code == 200
    assert AuditEvent.objects.filter(action="console.open", outcome="denied").count() == 2


def test_the_theme_goes_back_to_pages_of_this_host_only(bob):
    browser = signed_in(bob)
    answer = browser.post(reverse("console-theme"), {"theme": "dark", "next": "https://evil.example/"})
    assert answer.url == "/"
    assert answer.cookies["theme"].value == "dark"


def test_without_an_admin_the_link_makes_the_first_one_once(db, client):
    Account.load()
    url = reverse("console-first-run", args=[links.make(None, minutes=5)])
    assert b"Make the first account admin" in client.get(url).content
    filled = {"name": "Ada", "email": "ada@example.com", "password": "short"}
    assert client.post(url, filled).status_code == 422
    assert client.post(url, {**filled, "password": PASSWORD}).url == "/"
    assert client.get("/").url == reverse("mfa_index")
    assert Client().get(url).status_code == 410

"""accounts.adapter and accounts.middleware: who may sign in, and what is recorded of it."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.urls import reverse

from accounts import links, people
from accounts.errors import Invalid, NotFound
from accounts.middleware import is_page
from accounts.models import NetworkAccessList, User
from audit.event import NOBODY
from audit.models import AuditEvent
from tests.console import totp_code
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_attempts_yet_and_quick_hashes(settings):
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def bob(bob):
    bob.set_password(PASSWORD)
    bob.save()
    return bob


@pytest.fixture
def sign_in(client):
    def sign_in(email="bob@example.com", password=PASSWORD, **extra):
        return client.post(reverse("account_login"), {"login": email, "password": password, **extra})

    return sign_in


def is_signed_in(client):
    return "_auth_user_id" in client.session


def last_event():
    return AuditEvent.objects.order_by("-id").first()


def test_a_person_signs_in_with_a_password(client, bob, sign_in):
    assert sign_in("BOB@example.com")["Location"] == "/"
    assert is_signed_in(client)
    event = last_event()
    assert (event.action, event.outcome, event.principal_id) == ("sign_in", "allowed", bob.pk)
    assert (event.address, event.details) == ("127.0.0.1", {"method": "password"})


def test_a_wrong_password_is_refused_and_recorded(client, bob, sign_in):
    assert sign_in(password="wrong").status_code == 200
    assert not is_signed_in(client)
    event = last_event()
    assert (event.action, event.outcome, event.reason) == ("sign_in", "denied", "wrong_credentials")
    assert event.principal_id == bob.pk


def test_what_was_typed_for_nobody_is_not_recorded(bob, sign_in):
    assert "bob" not in sign_in("hunter2@example.com").content.decode()
    event = last_event()
    assert (event.outcome, event.principal_name, event.principal_id) == ("denied", "", None)


@requirement("AS-SIGN-IN-ACTIVE")
def test_an_inactive_person_does_not_come_in(client, bob, sign_in, by):
    people.set_active(bob, False, by=by)
    assert sign_in()["Location"] == reverse("account_inactive")
    assert not is_signed_in(client)
    assert (last_event().outcome, last_event().reason) == ("denied", "principal_disabled")


def test_a_service_account_never_comes_in(client, etl, sign_in):
    etl.set_password(PASSWORD)
    etl.save()
    for name in (str(etl.application_id), "", f"{etl.application_id}@example.com"):
        sign_in(name)
        assert not is_signed_in(client)


@requirement("AS-SIGN-IN-ACTIVE")
def test_deactivation_ends_an_open_session(client, bob, sign_in, by):
    sign_in()
    people.set_active(bob, False, by=by)
    assert client.get("/").status_code == 302
    people.set_active(bob, True, by=by)
    assert client.get("/")["Location"].startswith(reverse("account_login"))


def test_nobody_registers(client):
    response = client.post(reverse("account_signup"), {"email": "eve@example.com", "password1": PASSWORD})
    assert response.status_code == 200
    assert not User.objects.exists()


@requirement("AS-LIMIT-SIGN-IN")
def test_attempts_are_limited(client, bob, sign_in):
    for _ in range(5):
        sign_in(password="wrong")
    sign_in()
    assert not is_signed_in(client)


@requirement("AS-LIMIT-SIGN-IN")
def test_a_stranger_who_guesses_does_not_lock_the_owner_out(client, bob, sign_in):
    stranger, form = "203.0.113.9", {"login": "bob@example.com", "password": "wrong"}
    for _ in range(6):
        client.post(reverse("account_login"), form, REMOTE_ADDR=stranger)
    client.post(reverse("account_login"), {**form, "password": PASSWORD}, REMOTE_ADDR=stranger)
    assert not is_signed_in(client)
    sign_in()
    assert is_signed_in(client)


@requirement("AS-LIMIT-SIGN-IN")
def test_fifty_failures_an_hour_are_all_that_an_address_gets(client, bob, sign_in):
    for number in range(50):
        sign_in(email=f"nobody{number}@example.com", password="wrong")
    sign_in()
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("target", "followed"),
    [
        (reverse("account_login"), reverse("account_login")),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://127.0.0.1/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
@requirement("AS-SIGN-IN-TARGETS")
def test_only_local_targets_are_followed(bob, sign_in, target, followed):
    assert sign_in(next=target)["Location"] == followed


def test_signing_out_is_recorded(client, bob, sign_in):
    sign_in()
    client.post(reverse("account_logout"))
    assert not is_signed_in(client)
    assert (last_event().action, last_event().principal_id) == ("sign_out", bob.pk)


def test_a_second_factor_is_asked_for_and_its_key_is_sealed(client, bob, sign_in):
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(bob, secret)
    assert secret not in str(Authenticator.objects.get().data)
    assert sign_in()["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert (last_event().outcome, last_event().reason) == ("denied", "wrong_second_factor")
    assert last_event().principal_id == bob.pk
    client.post(reverse("mfa_authenticate"), {"code": totp_code(secret)})
    assert is_signed_in(client)
    assert last_event().details == {"method": "password, mfa"}


@pytest.fixture
def only_the_office(db):
    NetworkAccessList.objects.create(
        surface="account",
        label="office",
        list_type="ALLOW",
        ip_addresses=["198.51.100.0/24"],
        created_by=1,
        updated_by=1,
    )


def test_pages_are_refused_to_other_addresses(client, only_the_office):
    response = client.get(reverse("account_login"))
    assert response.status_code == 403
    assert response["X-Request-Id"]
    event = last_event()
    assert (event.action, event.outcome, event.reason) == ("console.open", "denied", "address_refused")
    assert client.get(reverse("account_login"), REMOTE_ADDR="198.51.100.9").status_code == 200


def test_a_proxy_is_believed_only_when_it_is_trusted(client, only_the_office, settings):
    asked = {"X-Forwarded-For": "198.51.100.9"}
    assert client.get(reverse("account_login"), headers=asked).status_code == 403
    settings.GATEPOST_TRUSTED_PROXIES = ("127.0.0.1",)
    assert client.get(reverse("account_login"), headers=asked).status_code == 200


def test_the_consent_page_is_a_page_and_the_token_endpoint_is_none(client, only_the_office):
    assert client.get("/oidc/v1/authorize").status_code == 403
    assert client.post("/oidc/v1/token").status_code != 403


@pytest.mark.parametrize("path", ["/api/2.0/x", "/healthz", "/.well-known/databricks-config", "/oidc/v1/token"])
def test_what_is_guarded_elsewhere_is_no_page(path):
    assert not is_page(path)


def test_the_first_admin_is_made_once():
    raw, second = links.make(None, minutes=5), links.make(None, minutes=5)
    assert links.consume(raw) is None
    assert links.is_for_first_admin(raw)
    with pytest.raises(Invalid):
        links.make_first_admin(raw, email="a@example.com", name="A", password="short", by=NOBODY)
    admin = links.make_first_admin(raw, email="a@example.com", name="A", password=PASSWORD, by=NOBODY)
    assert admin.is_account_admin
    assert admin.check_password(PASSWORD)
    for used in (raw, second):
        assert not links.is_for_first_admin(used)
        with pytest.raises(NotFound):
            links.make_first_admin(used, email="b@example.com", name="B", password=PASSWORD, by=NOBODY)

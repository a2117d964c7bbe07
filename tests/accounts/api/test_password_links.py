"""accounts.api.password_links"""

import pytest

from accounts import links
from accounts.models import OneTimeLink
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(bob):
    return f"/api/gatepost/v1/users/{bob.pk}/password-links"


def test_an_admin_makes_a_link_that_no_record_holds(admin, path, bob):
    made = admin.send("POST", path, {}).json()
    raw = made["url"].rpartition("/")[2]
    assert links.person_choosing(raw) == bob
    event = AuditEvent.objects.get(action="user.make_password_link")
    assert (event.object, event.principal_name) == ("bob@example.com", "alice@example.com")
    assert raw not in str(event.details)


def test_a_second_link_ends_the_first(admin, path):
    first, second = (admin.send("POST", path, {}).json()["url"].rpartition("/")[2] for _ in range(2))
    assert links.person_choosing(first) is None
    assert links.person_choosing(second) is not None


def test_sent_again_with_the_same_key_there_is_one_link_and_no_second_showing(admin, path):
    key = {"Idempotency-Key": "k"}
    first, again = (admin.send("POST", path, {}, **key).json() for _ in range(2))
    assert set(first) - set(again) == {"url"}
    assert OneTimeLink.objects.count() == 1


@pytest.mark.parametrize("user_id", ["0", "x", "99999999999999999999"])
def test_nobody_gets_no_link(admin, user_id):
    assert admin.send("POST", f"/api/gatepost/v1/users/{user_id}/password-links", {}).status_code == 404


def test_a_service_account_gets_none_and_neither_does_who_is_switched_off(admin, path, etl, bob):
    assert admin.send("POST", f"/api/gatepost/v1/users/{etl.pk}/password-links", {}).status_code == 404
    bob.is_active = False
    bob.save()
    answer = admin.send("POST", path, {})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_STATE")
    assert not OneTimeLink.objects.exists()


def test_only_an_admin_makes_one(caller, bob, dora, path):
    for person in (bob, dora):
        assert caller(person).send("POST", path, {}).status_code == 403

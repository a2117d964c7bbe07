"""accounts.activation, people and service_accounts"""

import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts import activation, people, service_accounts
from accounts.errors import AlreadyExists, Invalid, InvalidState, QuotaExceeded
from accounts.models import ServiceAccountSecret, User

pytestmark = pytest.mark.django_db


def test_switching_off_ends_the_sign_ins_of_that_person_only(client, alice, bob, by, recorded):
    client.force_login(alice)
    client.logout()
    client.force_login(bob)
    others = type(client)()
    others.force_login(alice)
    people.set_active(bob, False, by=by)
    people.set_active(bob, True, by=by)
    assert [row.get_decoded()["_auth_user_id"] for row in Session.objects.all()] == [str(alice.pk)]
    assert recorded() == ["user.deactivate", "user.activate"]


def test_what_is_already_so_is_not_recorded(bob, by, recorded):
    people.set_active(bob, True, by=by)
    activation.set_roles(bob, frozenset(), by=by)
    assert recorded() == []


def test_the_last_active_account_admin_stays(alice, bob, etl, by):
    bob.is_account_admin, bob.is_active = True, False
    bob.save()
    activation.set_roles(etl, frozenset({"account_admin"}), by=by)  # no person: cannot sign in and repair
    for attempt in (
        lambda: people.set_active(alice, False, by=by),
        lambda: activation.set_roles(alice, frozenset({"auditor"}), by=by),
        lambda: activation.delete(alice, by=by),
    ):
        with pytest.raises(InvalidState):
            attempt()
    people.set_active(bob, True, by=by)
    people.set_active(alice, False, by=by)


@pytest.mark.django_db(transaction=True)
def test_two_admins_cannot_switch_each_other_off_at_the_same_time(alice, bob, by):
    activation.set_roles(bob, frozenset({"account_admin"}), by=by)
    refused = []

    def switch_off(person):
        try:
            people.set_active(person, False, by=by)
        except InvalidState as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=switch_off, args=(person,)) for person in (alice, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert len(refused) == 1
    assert User.objects.filter(is_account_admin=True, is_active=True).count() == 1


def test_deleting_takes_the_credentials_along(etl, by, recorded):
    service_accounts.add_secret(etl, by=by)
    activation.delete(etl, by=by)
    assert not ServiceAccountSecret.objects.exists()
    assert recorded()[-1] == "service_account.delete"


def test_a_person_is_unique_whatever_the_case(bob, by):
    with pytest.raises(AlreadyExists):
        people.create("BOB@example.com", by=by)


@pytest.mark.parametrize("email", ["", "x", "a@b@c", "a b@example.com", "é\n@example.com"])
def test_a_person_has_an_email_address(by, email):
    with pytest.raises(Invalid):
        people.create(email, by=by)


def test_an_application_id_is_unique(etl, by):
    with pytest.raises(AlreadyExists):
        service_accounts.create("another", by=by, application_id=etl.application_id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\u202eb", "a\nb"])
def test_names_are_plain(by, name):
    with pytest.raises(Invalid):
        service_accounts.create(name, by=by)


def test_the_sixth_live_secret_is_refused(etl, by):
    secrets = [service_accounts.add_secret(etl, by=by)[0] for _ in range(5)]
    with pytest.raises(QuotaExceeded):
        service_accounts.add_secret(etl, by=by)
    ServiceAccountSecret.objects.filter(pk=secrets[0].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    service_accounts.add_secret(etl, by=by)


def test_secrets_are_recorded_without_their_value(etl, by, recorded):
    secret, raw = service_accounts.add_secret(etl, by=by, scopes=["sql"])
    service_accounts.delete_secret(secret, by=by)
    assert recorded() == ["service_account_secret.create", "service_account_secret.delete"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditevent WHERE details::text LIKE %s", [f"%{raw}%"])
        assert cursor.fetchone() == (0,)

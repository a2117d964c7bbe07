"""accounts.links"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import links
from accounts.errors import Invalid, NotFound
from accounts.models import OneTimeLink

pytestmark = pytest.mark.django_db


def test_a_link_signs_in_once(alice):
    raw = links.make(alice, minutes=5)
    assert links.consume(raw) == alice
    assert links.consume(raw) is None


def test_a_link_ends(alice):
    raw = links.make(alice, minutes=5)
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert links.consume(raw) is None


def test_an_inactive_person_cannot_use_a_link(alice):
    raw = links.make(alice, minutes=5)
    alice.is_active = False
    alice.save()
    assert links.consume(raw) is None


def test_a_service_account_never_signs_in(etl):
    assert links.consume(links.make(etl, minutes=5)) is None


@pytest.mark.parametrize("raw", ["", "x", "gp_si_" + "a" * 49])
def test_noise_signs_nobody_in(raw):
    assert links.consume(raw) is None


def test_a_password_link_is_good_for_one_password_and_signs_nobody_in(bob, by, recorded):
    raw, _ = links.make_for_password(bob, by=by)
    assert links.consume(raw) is None
    with pytest.raises(Invalid):
        links.choose_password(raw, "short", by=by)
    links.choose_password(raw, "correct horse battery", by=by)
    bob.refresh_from_db()
    assert bob.check_password("correct horse battery")
    with pytest.raises(NotFound):
        links.choose_password(raw, "another long password", by=by)
    assert recorded() == ["user.make_password_link", "user.set_password"]


def test_a_password_link_ends_and_is_no_use_to_who_is_switched_off(bob, by):
    raw, ends_at = links.make_for_password(bob, by=by)
    assert timedelta(hours=71) < ends_at - timezone.now() <= links.PASSWORD_LINK_LIFE
    bob.is_active = False
    bob.save()
    assert links.person_choosing(raw) is None
    bob.is_active = True
    bob.save()
    OneTimeLink.objects.update(expires_at=timezone.now())
    assert links.person_choosing(raw) is None


def test_a_sign_in_link_sets_no_password(bob, by):
    raw = links.make(bob, minutes=5)
    with pytest.raises(NotFound):
        links.choose_password(raw, "correct horse battery", by=by)
    assert not links.is_for_first_admin(links.make_for_password(bob, by=by)[0])

"""accounts.links"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import links
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

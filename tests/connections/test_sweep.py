"""connections.tasks.sweep: what has ended is forgotten, and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from connections import tasks
from connections.models import AccessToken, AuthorizationCode, RefreshToken, Session
from jobs import outbox
from tests.connections.test_refresh import form_of
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


def sweep():
    job = outbox.enqueue("connections.sweep", subject="periodic")
    return tasks.sweep(outbox.Work(job.pk, job.kind, job.subject, {}, 1))


@pytest.fixture
def refreshed(token, authorize, bob, public_app):
    first = form_of(token(authorize(bob, public_app)).json(), public_app.client_id)
    token(first)
    return first


@requirement("AS-REFRESH-SEALED")
def test_a_sealed_answer_is_cleared_once_the_overlap_is_over(refreshed):
    sweep()
    assert RefreshToken.objects.filter(sealed_answer__isnull=False).exists()
    RefreshToken.objects.exclude(consumed_at=None).update(consumed_at=timezone.now() - timedelta(seconds=31))
    sweep()
    assert not RefreshToken.objects.filter(sealed_answer__isnull=False).exists()
    assert RefreshToken.objects.exclude(consumed_at=None).exists()


@requirement("AS-SWEEP")
def test_what_lives_stays_and_what_ended_goes(refreshed):
    sweep()
    assert (AccessToken.objects.count(), AuthorizationCode.objects.count(), Session.objects.count()) == (2, 1, 1)
    past = timezone.now() - timedelta(days=31)
    AccessToken.objects.update(expires=past)
    AuthorizationCode.objects.update(expires=past)
    sweep()
    assert (AccessToken.objects.count(), AuthorizationCode.objects.count(), Session.objects.count()) == (0, 0, 1)
    Session.objects.update(revoked_at=past)
    sweep()
    assert not Session.objects.exists()
    assert not RefreshToken.objects.exists()

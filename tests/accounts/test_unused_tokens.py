"""accounts.unused_tokens, as the job of beat runs it."""

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from accounts import tasks, tokens, unused_tokens
from accounts.models import CredentialUse, PersonalAccessToken
from audit.models import AuditEvent
from jobs import outbox
from tests.requirements import requirement

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def sweep():
    job = outbox.enqueue("accounts.sweep_tokens", subject="periodic")
    return tasks.sweep_tokens(outbox.Work(job.pk, job.kind, job.subject, {}, 1))


@pytest.fixture
def aged(bob, by):
    """Make a token of that age in days, last used so many days ago."""

    def make(age, used=None, **columns):
        token, _ = tokens.create(bob, by=by)
        columns.setdefault("created_at", NOW - timedelta(days=age))
        PersonalAccessToken.objects.filter(pk=token.pk).update(**columns)
        if used is not None:
            at = NOW - timedelta(days=used)
            CredentialUse.objects.create(credential_kind="pat", credential_id=token.pk, last_used_at=at)
        return token.pk

    return make


def live():
    return set(PersonalAccessToken.objects.filter(revoked_at=None).values_list("pk", flat=True))


def test_beat_runs_the_sweep():
    assert "accounts.sweep_tokens" in {
        kind for row in configured.CELERY_BEAT_SCHEDULE.values() for kind in row.get("args", ())
    }


@requirement("AS-PAT-UNUSED")
def test_a_token_that_nobody_used_for_90_days_is_revoked_and_the_others_stay(aged):
    never, long_ago = aged(91), aged(400, used=91)
    kept = {aged(89), aged(400, used=89)}
    assert sweep()["revoked"] == 2
    assert live() == kept
    events = AuditEvent.objects.filter(action="personal_access_token.revoke")
    assert {(event.object, event.reason, event.principal_id) for event in events} == {
        (never, "unused", None),
        (long_ago, "unused", None),
    }
    assert sweep()["revoked"] == 0


def test_more_than_one_batch_is_revoked(aged, monkeypatch):
    monkeypatch.setattr(unused_tokens, "_BATCH", 2)
    made = [aged(91) for _ in range(5)]
    assert sweep()["revoked"] == len(made)
    assert live() == set()


def test_the_setting_changes_the_time_and_zero_keeps_every_token(aged, settings):
    token = aged(400)
    settings.GATEPOST_UNUSED_TOKEN_DAYS = 0
    assert (sweep()["revoked"], live()) == (0, {token})
    settings.GATEPOST_UNUSED_TOKEN_DAYS = 401
    assert (sweep()["revoked"], live()) == (0, {token})
    settings.GATEPOST_UNUSED_TOKEN_DAYS = 399
    assert (sweep()["revoked"], live()) == (1, set())


def test_tokens_that_ended_a_month_ago_are_deleted_with_their_times_of_use(aged):
    over, just_over = NOW - timedelta(days=31), NOW - timedelta(days=29)
    aged(80, used=60, expires_at=over)
    aged(80, revoked_at=over)
    kept = {aged(80, expires_at=just_over), aged(80, revoked_at=just_over), aged(80, used=3)}
    assert sweep()["deleted"] == 2
    assert set(PersonalAccessToken.objects.values_list("pk", flat=True)) == kept
    assert CredentialUse.objects.filter(credential_kind="pat").count() == 1

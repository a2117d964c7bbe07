"""jobs.outbox"""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from jobs import outbox, tasks
from jobs.models import Job
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handler(monkeypatch):
    """Register handlers for one test."""
    monkeypatch.setattr(outbox, "_handlers", {})
    return lambda function, kind="test": outbox.handles(kind)(function)


def test_work_is_done_once_and_its_state_is_visible(handler):
    seen = []

    def work(job):
        job.progress(50)
        seen.append((job.arguments, job.attempt, Job.objects.get().progress, Job.objects.get().state))
        return {"rows": 3}

    handler(work)
    outbox.enqueue("test", subject="demo", arguments={"catalog": 7})
    assert outbox.run_due() == 1
    assert outbox.run_due() == 0
    assert seen == [({"catalog": 7}, 1, 50, "running")]
    job = Job.objects.get()
    assert (job.state, job.progress, job.result, job.error) == ("done", 100, {"rows": 3}, "")
    assert job.started_at <= job.finished_at


def test_work_belongs_to_the_transaction_that_causes_it():
    with transaction.atomic():
        outbox.enqueue("test")
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_work_that_waits_for_a_subject_serves_all_who_ask(handler):
    handler(lambda job: None)
    later = timezone.now() + timedelta(hours=1)
    first = outbox.enqueue("test", subject="demo", not_before=later)
    assert outbox.enqueue("test", subject="demo").pk == first.pk  # and it is due now
    assert outbox.enqueue("test", subject="other").pk != first.pk
    assert outbox.enqueue("test").pk != outbox.enqueue("test").pk
    assert outbox.run_due() == 4
    assert outbox.enqueue("test", subject="demo").pk != first.pk


def test_work_that_waits_is_not_claimed_before_the_change_of_the_second_asker_is_committed(handler):
    handler(lambda job: None)
    outbox.enqueue("test", subject="demo")
    with transaction.atomic():
        outbox.enqueue("test", subject="demo")
        assert in_thread(outbox.run_due) == 0
    assert outbox.run_due() == 1


def in_thread(function):
    results = []

    def call():
        try:
            results.append(function())
        finally:
            connection.close()

    thread = threading.Thread(target=call)
    thread.start()
    thread.join(10)
    return results[0]


def test_work_waits_for_its_time(handler):
    handler(lambda job: None)
    outbox.enqueue("test", not_before=timezone.now() + timedelta(minutes=1))
    assert outbox.run_due() == 0


def test_each_job_is_done_by_one_of_many_workers(handler):
    done = []
    handler(lambda job: done.append(job.id))
    for _ in range(40):
        outbox.enqueue("test")
    threads = [threading.Thread(target=lambda: (outbox.run_due(), connection.close())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == len(set(done)) == 40


def test_jobs_of_one_subject_never_run_at_the_same_time(handler):
    counts = []

    def work(job):
        outbox.enqueue("test", subject="demo")
        counts.append(in_thread(outbox.run_due))

    handler(work)
    outbox.enqueue("test", subject="demo")
    assert outbox.run_due(limit=1) == 1
    assert counts == [0]


def test_a_failure_is_tried_again_after_growing_pauses_and_then_given_up(handler, monkeypatch):
    monkeypatch.setattr(outbox, "MOST_ATTEMPTS", 3)
    tried = []

    def work(job):
        tried.append(job.attempt)
        raise ValueError("the database said no")

    handler(work)
    outbox.enqueue("test", subject="demo")
    pauses = []
    for _ in range(3):
        assert outbox.run_due() == 1
        job = Job.objects.get()
        pauses.append(job.not_before - timezone.now())
        Job.objects.update(not_before=timezone.now())
    assert tried == [1, 2, 3]
    assert timedelta(0) < pauses[0] < pauses[1]
    assert (job.state, job.error) == ("failed", "ValueError: the database said no")
    assert outbox.run_due() == 0


def test_a_handler_can_say_that_trying_again_is_useless(handler):
    def work(job):
        raise outbox.GiveUp("The catalog was removed.")

    handler(work)
    outbox.enqueue("test")
    outbox.run_due()
    assert (Job.objects.get().state, Job.objects.get().error) == ("failed", "The catalog was removed.")


def test_a_failed_job_makes_way_for_a_newer_one_of_its_subject(handler):
    def work(job):
        outbox.enqueue("test", subject="demo")
        raise ValueError

    handler(work)
    outbox.enqueue("test", subject="demo")
    outbox.run_due(limit=1)
    assert sorted(Job.objects.values_list("state", flat=True)) == ["failed", "queued"]


def test_a_long_job_shows_a_heartbeat_and_is_not_taken_away(handler, monkeypatch):
    monkeypatch.setattr(outbox, "HEARTBEAT", timedelta(seconds=0.02))
    monkeypatch.setattr(outbox, "STALE", timedelta(seconds=0.5))
    beats = set()

    def work(job):
        until(lambda: beats.add(Job.objects.get().heartbeat_at) or len(beats) > 30)
        assert in_thread(outbox.run_due) == 0

    handler(work)
    outbox.enqueue("test")
    assert outbox.run_due() == 1
    assert Job.objects.get().state == "done"


def test_who_lost_a_job_cannot_write_its_outcome(handler):
    def work(job):
        Job.objects.update(attempts=2, progress=7)  # another worker took it
        job.progress(99)
        return {"from": "the slow one"}

    handler(work)
    outbox.enqueue("test")
    outbox.run_due()
    job = Job.objects.get()
    assert (job.state, job.result, job.progress) == ("running", None, 7)


def test_a_job_that_kills_its_workers_is_given_up(handler):
    handler(lambda job: pytest.fail("must not run"))
    outbox.enqueue("test")
    long_ago = timezone.now() - timedelta(minutes=5)
    Job.objects.update(state="running", attempts=outbox.MOST_ATTEMPTS, heartbeat_at=long_ago)
    assert outbox.run_due() == 1
    assert Job.objects.get().state == "failed"


def test_a_kind_that_this_process_does_not_know_is_left_to_others(handler):
    outbox.enqueue("from-the-future")
    assert outbox.run_due() == 0
    assert Job.objects.get().state == "queued"


def test_one_kind_has_one_handler(handler):
    handler(lambda job: None)
    with pytest.raises(RuntimeError):
        handler(lambda job: 1)


_WORKER = """
import sys, threading, django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from jobs import outbox

@outbox.handles("test")
def work(job):
    print("began", flush=True)
    threading.Event().wait()

outbox.run_due()
"""


def test_the_job_of_a_worker_that_was_killed_is_taken_again(handler, monkeypatch):
    outbox.enqueue("test", subject="demo")
    name = settings.DATABASES["default"]["NAME"]
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, name], stdout=subprocess.PIPE, env=os.environ, text=True)
    assert worker.stdout.readline() == "began\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait(5)
    worker.stdout.close()
    attempts = []
    handler(lambda job: attempts.append(job.attempt))
    assert outbox.run_due() == 0  # its heartbeat is not stale yet
    monkeypatch.setattr(outbox, "STALE", timedelta(0))
    assert outbox.run_due() == 1
    assert attempts == [2]
    assert Job.objects.get().state == "done"


# --- Celery


def test_work_wakes_a_worker_at_commit(monkeypatch):
    sent = []
    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", lambda app, name, **_: sent.append(name))
    with transaction.atomic():
        outbox.enqueue("test")
        assert sent == []
    assert sent == ["jobs.wake"]


@pytest.mark.parametrize("error", [OperationalError(), ConnectionRefusedError()])
def test_a_broker_that_is_gone_loses_nothing(handler, monkeypatch, error):
    def broken(app, name, **_):
        raise error

    monkeypatch.setattr(type(current_app._get_current_object()), "send_task", broken)
    handler(lambda job: None)
    outbox.enqueue("test")
    assert tasks.wake() == 1


def test_periodic_work_comes_through_the_outbox():
    current_app.loader.import_default_modules()  # as a worker does when it starts
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in current_app.tasks
        assert all(kind in outbox._handlers for kind in entry.get("args", []))
    tasks.enqueue("jobs.forget")
    tasks.enqueue("jobs.forget")
    assert Job.objects.get().subject == "periodic"


def test_old_jobs_are_forgotten():
    Job.objects.create(kind="x", state="done", finished_at=timezone.now() - timedelta(days=31))
    recent = Job.objects.create(kind="x", state="done", finished_at=timezone.now())
    tasks.enqueue("jobs.forget")
    outbox.run_due()
    assert set(Job.objects.filter(kind="x")) == {recent}
    assert Job.objects.get(kind="jobs.forget").result == {"deleted": 1}

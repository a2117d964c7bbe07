"""A worker process as `up` starts it, on each broker that Gatepost is run with."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from jobs.models import Job
from tests.live import database_url, free_port
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

_ENQUEUE = "import django; django.setup(); from jobs import tasks; tasks.enqueue('jobs.forget')"


@contextmanager
def ended(command, **options):
    """Run a process for the length of the block, and end it."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.output, _ = process.communicate(timeout=30)


@pytest.fixture(params=["filesystem", "redis"])
def broker(request, tmp_path):
    """The settings that choose a broker: a folder of the home, or a Redis server of our own."""
    if request.param == "filesystem":
        (tmp_path / "queue").mkdir()
        yield {}
        return
    server = shutil.which("redis-server")
    if not server:
        pytest.skip("No Redis: install the package redis-server.")
    port = free_port()
    command = [server, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with ended(command, cwd=tmp_path), redis.Redis(port=port) as client:
        until(lambda: answers(client), limit=10)
        yield {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}


def answers(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


def test_a_worker_is_woken_and_does_the_work_without_warnings(tmp_path, broker):
    old = Job.objects.create(kind="x", state="done", finished_at=timezone.now() - timedelta(days=31))
    env = os.environ | {"DATABASE_URL": database_url(), "GATEPOST_HOME": str(tmp_path), **broker}
    worker = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-P", "threads", "-c", "2", "-B"]
    with ended(worker, env=env) as process:
        subprocess.run([sys.executable, "-c", _ENQUEUE], env=env, check=True, timeout=60)
        until(lambda: not Job.objects.filter(pk=old.pk).exists(), limit=45)  # long before the first sweep
    assert "superuser" not in process.output
    assert "Warning" not in process.output

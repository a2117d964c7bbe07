"""A web process of its own with committed data, and the command run as a process of its own."""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection

from accounts import tokens
from accounts.models import User
from audit.event import NOBODY
from connections import built_in
from tests import live
from tests.catalog.conftest import workshop  # noqa: F401 - a fixture

ALL = ("all-apis", "access-management")


def committed(function, *arguments, **more):
    """Do it on a connection of its own, outside the transaction of the test, where the server sees it."""

    def do():
        try:
            return function(*arguments, **more)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do).result()


@pytest.fixture(scope="session", autouse=True)
def every_job_has_its_handler():
    """As in a worker when it starts."""
    current_app.loader.import_default_modules()


@dataclass
class Cli:
    """How people run it: with an environment, and a configuration folder of their own."""

    environment: dict[str, str]

    def __call__(self, command, *more, status=0, text=None, **environment):
        """Run a command, and return the JSON that it printed; for a refusal, what it wrote to standard error."""
        done = subprocess.run(
            self.arguments(command, *more),
            env={**self.environment, **environment},
            input=text or "",
            capture_output=True,
            text=True,
            timeout=60,
            cwd=live.CHECKOUT,
        )
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        if status:
            return done.stderr
        return json.loads(done.stdout) if done.stdout[:1] in "{[" and done.stdout else done.stdout

    def start(self, command, *more, **environment):
        """Start a command that waits for something."""
        return subprocess.Popen(
            self.arguments(command, *more),
            env={**self.environment, "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=live.CHECKOUT,
        )

    def arguments(self, command, *more):
        return [sys.executable, "-m", "cli", *shlex.split(command), *more]


@dataclass
class World:
    """Who is there: alice, an account admin, bob, who is none, and dora, an auditor."""

    base_url: str
    people: dict[str, User]

    def cli(self, folder, **environment):
        """Return the command for somebody whose configuration lies in that folder."""
        own = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "COLUMNS": "200"}
        return Cli({**own, "GATEPOST_HOST": self.base_url, **environment})

    def token(self, name, *scopes):
        return committed(tokens.create, self.people[name], by=NOBODY, scopes=scopes or ALL)[1]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        alice = User.objects.create_person("alice@example.com", "Alice", is_account_admin=True)
        people = {"alice": alice, "bob": User.objects.create_person("bob@example.com", "Bob")}
        people["dora"] = User.objects.create_person("dora@example.com", "Dora", is_auditor=True)
        built_in.ensure()
        with live.web() as web:
            yield World(web.base_url, people)
        call_command("flush", interactive=False, verbosity=0, allow_cascade=True, reset_sequences=False)


@pytest.fixture
def gatepost(world, tmp_path):
    """The command for alice, by a token of hers."""
    return world.cli(tmp_path, GATEPOST_TOKEN=world.token("alice"))

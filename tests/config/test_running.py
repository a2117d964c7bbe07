"""`up` as a whole, with its real children: what it says, that it works as printed, and how it ends."""

import json
import os
import signal
import stat
import subprocess
import sys
from contextlib import contextmanager, suppress

import httpx2
import psutil
import psycopg
import pytest

from accounts.secrets import Prefix
from config.embedded.page import READY_KEYS
from config.embedded.postgres import owner_url
from config.home import CHECKOUT
from config.processes import wait_until
from tests.requirements import requirement

# A first start on a machine with other work to do; the aims are in design and README.
READY_WITHIN = 90


class Gatepost:
    """One home and its port; `up` can be started in it again and again."""

    def __init__(self, folder, port):
        self.home = folder / "home"
        self.port = port
        self.ready_file = folder / "ready.json"
        self.output = folder / "output"

    def up(self):
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL") and not name.startswith("GATEPOST_")
        }
        command = [sys.executable, "manage.py", "up", "--home", self.home, "--port", str(self.port)]
        with self.output.open("w") as output:
            return subprocess.Popen(
                [*command, "--ready-file", self.ready_file],
                cwd=CHECKOUT,
                env=clean | {"GATEPOST_NO_BOOTSTRAP": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @contextmanager
    def running(self):
        self.ready_file.unlink(missing_ok=True)
        self.process = self.up()
        try:
            wait_until(lambda: self.ready_file.exists() or self.process.poll() is not None, READY_WITHIN)
            assert self.ready_file.exists(), self.output.read_text()
            yield self
        finally:
            self.process.terminate()
            self.process.wait()

    @property
    def facts(self):
        return json.loads(self.ready_file.read_text())

    def processes(self):
        """The command lines of every process of this home, by pid."""
        marks = (str(self.home), str(self.home / "postgres"), f"GATEPOST_HOME={self.home}")
        found = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                words = [*process.cmdline(), *(f"{name}={value}" for name, value in process.environ().items())]
                if process.pid != os.getpid() and any(mark in words for mark in marks):
                    found[process.pid] = process.cmdline()
        return found

    def pid(self, service):
        if service == "postgres":
            return int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        mark = {"web": "uvicorn", "worker": "celery"}[service]
        return min(pid for pid, words in self.processes().items() if mark in words)

    def all_gone(self):
        return wait_until(lambda: not self.processes(), 20)


@pytest.fixture(scope="module")
def gatepost(tmp_path_factory, free_tcp_port_factory):
    return Gatepost(tmp_path_factory.mktemp("up"), free_tcp_port_factory())


@pytest.fixture(scope="class")
def first_run(gatepost):
    """What nobody changes may share one start."""
    with gatepost.running():
        yield gatepost


class TestWhileItRuns:
    def test_the_ready_file_holds_every_fact_for_its_owner_only(self, first_run):
        assert tuple(first_run.facts) == READY_KEYS
        assert all(first_run.facts.values())
        assert first_run.facts["base_url"] == f"http://localhost:{first_run.port}"
        assert first_run.facts["demo_catalog"] == "demo"
        assert stat.S_IMODE(first_run.ready_file.stat().st_mode) == 0o600

    def test_the_printed_curl_lists_the_tools(self, first_run):
        (line,) = [line for line in first_run.output.read_text().splitlines() if "Try:" in line]
        command = line.split("Try:")[1].strip()
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
        body = done.stdout.split("data: ")[-1]  # an event stream is as good an answer as JSON
        assert any("get_customer" in tool["name"] for tool in json.loads(body)["result"]["tools"])

    def test_the_sign_in_link_works(self, first_run):
        assert httpx2.get(first_run.facts["sign_in_url"], follow_redirects=True).status_code == 200

    @requirement("O14-logs")
    def test_what_it_made_and_was_sent_is_in_none_of_its_logs(self, first_run):
        token = first_run.facts["admin_token"]
        httpx2.get(f"{first_run.facts['base_url']}/{token}")
        httpx2.get(f"{first_run.facts['mcp_urls']['functions']}?access_token={token}")
        logs = {log.name: log.read_text(errors="replace") for log in (first_run.home / "logs").iterdir()}
        assert {"web.log", "worker.log", "prepare.log"} <= set(logs)
        assert [name for name, text in logs.items() if any(prefix in text for prefix in Prefix)] == []

    def test_a_second_up_says_so_and_repeats_the_facts(self, first_run):
        first, said = first_run.facts, first_run.output.read_text()
        second = first_run.up()
        assert second.wait(30) == 0
        assert f"already running at {first['base_url']} (pid {first_run.process.pid})" in first_run.output.read_text()
        assert first_run.facts == first
        first_run.output.write_text(said)

    def test_no_secret_but_the_link_reaches_the_terminal_or_a_log(self, first_run):
        facts = first_run.facts
        hidden = [facts["admin_token"], facts["member_token"], facts["service_account"]["client_secret"]]
        hidden += [path.read_text() for path in first_run.home.glob("*.password")]
        hidden += [(first_run.home / "secret-keys").read_text()]
        said = first_run.output.read_text()
        logged = "".join(log.read_text() for log in (first_run.home / "logs").iterdir())
        assert not [secret for secret in hidden if secret in said + logged]
        assert facts["sign_in_url"] in said
        assert facts["sign_in_url"] not in logged

    def test_nothing_in_the_home_is_open_to_others(self, first_run):
        exposed = [path for path in first_run.home.rglob("*") if not path.is_socket() and path.lstat().st_mode & 0o077]
        assert exposed == []


class TestHowItEnds:
    def test_killing_any_child_ends_everything_and_loses_no_committed_row(self, gatepost):
        for service in ("web", "worker", "postgres"):
            with gatepost.running():
                with psycopg.connect(owner_url(gatepost.home)) as connection:
                    connection.execute("CREATE TABLE IF NOT EXISTS kept (after text)")
                    connection.execute("INSERT INTO kept VALUES (%s)", [service])
                os.kill(gatepost.pid(service), signal.SIGKILL)
                assert gatepost.process.wait(30) == 1
                assert f"{service} ended" in gatepost.output.read_text()
                assert gatepost.all_gone()
        with gatepost.running():
            with psycopg.connect(owner_url(gatepost.home)) as connection:
                assert connection.execute("SELECT count(*) FROM kept").fetchone() == (3,)
            gatepost.process.send_signal(signal.SIGINT)
            assert gatepost.process.wait(30) == 0
        assert gatepost.all_gone()

    def test_after_a_killed_supervisor_nothing_is_left_and_up_works_at_once(self, gatepost):
        with gatepost.running():
            before = gatepost.facts
            gatepost.process.kill()
            gatepost.process.wait()
            with gatepost.running():
                after = gatepost.facts
                gatepost.process.kill()
                gatepost.process.wait()
        assert gatepost.all_gone()
        assert after["sign_in_url"] != before["sign_in_url"]
        assert after["admin_token"] == before["admin_token"]
        assert after["account_id"] == before["account_id"]

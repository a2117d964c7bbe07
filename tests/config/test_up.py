"""What `up` refuses, and that a refusal is one line, names the remedy, and makes nothing."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.page import curl
from config.embedded.plan import Plan
from config.embedded.services import child_environment
from config.home import CHECKOUT, make_secret_keys, private_value, secret_keys, write_private
from config.runlock import RunLock


def up(*arguments, **environment):
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL") and not name.startswith("GATEPOST_")
    }
    return subprocess.run(
        [sys.executable, "manage.py", "up", *map(str, arguments)],
        cwd=CHECKOUT,
        env=clean | {"GATEPOST_NO_BOOTSTRAP": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refused(done):
    """The one line on stderr."""
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_before_anything_is_made(home, taken_port):
    line = refused(up("--home", home, "--port", taken_port))
    assert str(taken_port) in line
    assert "--port" in line
    assert not home.exists()


def test_an_unreachable_database_is_refused_without_its_password(home, free_tcp_port):
    url = f"postgresql://owner:s3cr3t@127.0.0.1:{free_tcp_port}/gatepost"
    line = refused(up("--home", home, "--port", free_tcp_port, DATABASE_URL=url))
    assert "owner@127.0.0.1/gatepost" in line
    assert "s3cr3t" not in line
    assert not home.exists()


def test_a_malformed_database_url_is_refused_without_quoting_it(home, free_tcp_port):
    url = "postgresql://owner:s3cr3t/with@slash@host/gatepost"
    line = refused(up("--home", home, "--port", free_tcp_port, DATABASE_URL=url))
    assert "DATABASE_URL" in line
    assert "s3cr3t" not in line
    assert not home.exists()


def test_a_home_that_others_can_enter_is_refused_with_the_command_that_closes_it(home, free_tcp_port):
    home.mkdir()
    home.chmod(0o750)
    assert f"chmod 700 {home}" in refused(up("--home", home, "--port", free_tcp_port))
    assert list(home.iterdir()) == []


def test_plain_http_beyond_loopback_is_refused(home, free_tcp_port):
    line = refused(up("--home", home, "--host", "192.0.2.1", "--port", free_tcp_port))
    assert "GATEPOST_PUBLIC_URL" in line
    assert "--insecure" in line
    assert not home.exists()


@pytest.mark.parametrize("port", ["0", "-1", "70000"])
def test_an_impossible_port_is_refused(home, port):
    assert "--port" in refused(up("--home", home, "--port", port))
    assert not home.exists()


def test_an_address_of_another_machine_is_refused(home, free_tcp_port):
    line = refused(up("--home", home, "--host", "192.0.2.1", "--insecure", "--port", free_tcp_port))
    assert "--host" in line
    assert not home.exists()


def test_a_ready_file_in_a_missing_folder_is_refused(home, free_tcp_port):
    missing = home.parent / "missing" / "facts.json"
    assert "--ready-file" in refused(up("--home", home, "--port", free_tcp_port, "--ready-file", missing))
    assert not home.exists()


def test_a_second_up_says_where_the_first_one_is_and_repeats_its_facts(home):
    home.mkdir(mode=0o700)
    lock = RunLock(home / "up.lock")
    assert lock.acquire("http://localhost:8123")
    write_private(home / "ready.json", json.dumps({"base_url": "http://localhost:8123"}))
    ready_file = home.parent / "facts.json"
    done = up("--home", home, "--ready-file", ready_file)
    lock.release()
    assert done.returncode == 0
    assert done.stdout == f"Gatepost is already running at http://localhost:8123 (pid {os.getpid()})\n"
    assert json.loads(ready_file.read_text()) == {"base_url": "http://localhost:8123"}
    assert stat.S_IMODE(ready_file.stat().st_mode) == 0o600


def test_a_lock_file_without_a_holder_is_taken_over_and_tells_of_the_crash(home):
    home.mkdir(mode=0o700)
    (home / "up.lock").write_text(json.dumps({"pid": 1, "url": "http://localhost:1"}))
    lock = RunLock(home / "up.lock")
    assert lock.acquire("http://localhost:8000")
    assert lock.after_crash
    lock.release()
    again = RunLock(home / "up.lock")
    assert again.acquire("http://localhost:8000")
    assert not again.after_crash
    again.release()


def test_private_values_are_made_once_and_for_their_owner_only(home):
    home.mkdir(mode=0o700)
    first = private_value(home / "value", lambda: "made")
    assert private_value(home / "value", lambda: "made again") == first == "made"
    assert stat.S_IMODE((home / "value").stat().st_mode) == 0o600


def test_secret_keys_of_the_environment_are_not_copied_into_the_home(home, monkeypatch):
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GATEPOST_SECRET_KEYS", "given")
    make_secret_keys(home)
    assert secret_keys(home) == ()
    monkeypatch.delenv("GATEPOST_SECRET_KEYS")
    make_secret_keys(home)
    (key,) = secret_keys(home)
    assert len(key) >= 40


def test_children_get_a_database_url_only_if_the_person_gave_one(home, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    plan = Plan("127.0.0.1", 8001, home, None, True, False, "http://localhost:8001", "")
    env = child_environment(plan)
    assert "DATABASE_URL" not in env
    assert env["GATEPOST_PUBLIC_URL"] == "http://localhost:8001"
    assert env["GATEPOST_HOME"] == str(home)


def test_the_printed_curl_reads_the_token_from_its_file_even_in_a_folder_with_blanks(tmp_path):
    token = tmp_path / "with blanks" / "demo-token"
    token.parent.mkdir()
    token.write_text("gp_pat_example")
    line = curl("http://localhost:8000/api/2.0/mcp/functions/demo/sales", str(token))
    assert "gp_pat_example" not in line
    done = subprocess.run(["/bin/sh", "-c", f"set -- {line}; printf '%s\\n' \"$@\""], capture_output=True, text=True)
    assert "Authorization: Bearer gp_pat_example" in done.stdout.splitlines()


def test_logs_shows_the_end_of_each_log(home):
    logs = home / "logs"
    logs.mkdir(parents=True)
    (logs / "web.log").write_text("first\nlast\n")
    (logs / "worker.log").write_text("ready.\n")
    command = [sys.executable, "manage.py", "logs", "--home", str(home), "-n", "1"]
    environment = os.environ | {"GATEPOST_NO_BOOTSTRAP": "1"}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "web      | last\nworker   | ready.\n"


def test_logs_names_what_there_is_when_asked_for_something_else(home):
    (home / "logs").mkdir(parents=True)
    Path(home / "logs" / "web.log").touch()
    command = [sys.executable, "manage.py", "logs", "nonsense", "--home", str(home)]
    environment = os.environ | {"GATEPOST_NO_BOOTSTRAP": "1"}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There are: web" in done.stderr

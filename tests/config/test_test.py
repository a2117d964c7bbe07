"""`manage.py test`: a database for the run only, gone with it however it ends; CI skips nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.postgres import Cluster
from config.home import CHECKOUT
from config.processes import command_line, wait_until

CAST = """
import os, pathlib, time, psycopg, pytest

def test_that_skips():
    pytest.skip("no such thing here")

def test_the_role():
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        query = "SELECT rolcreatedb, rolcreaterole, rolsuper FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(query).fetchone() == (True, True, False)
        connection.execute("CREATE ROLE test_login")
        connection.execute("CREATE DATABASE test_own OWNER test_login")
    with psycopg.connect(os.environ["DATABASE_URL"].replace("/gatepost?", "/test_own?")) as connection:
        connection.execute("CREATE TABLE t (v vector(3))")

def test_that_hangs():
    where = pathlib.Path(__file__).parent
    (where / "draft").write_text(f"{os.getpid()}\\n{os.environ['GATEPOST_HOME']}")
    (where / "draft").rename(where / "hanging")
    time.sleep(600)
"""


@pytest.fixture
def cast(tmp_path):
    """A few tests in a file outside the checkout."""
    path = tmp_path / "test_cast.py"
    path.write_text(CAST)
    return path


def manage_test(*arguments, **environment):
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CI", "DATABASE_URL") and not name.startswith("GATEPOST_")
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "test", "-p", "no:cacheprovider", *arguments],
        cwd=CHECKOUT,
        env=clean | {"GATEPOST_NO_BOOTSTRAP": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def result(process):
    with process:
        return process.communicate(timeout=120)[0], process.returncode


def test_a_person_may_skip_and_gets_a_role_that_can_make_what_tests_need(cast):
    output, code = result(manage_test(str(cast), "-k", "skips or role"))
    assert "1 passed, 1 skipped" in output
    assert code == 0


def test_in_ci_a_skip_is_a_failure(cast):
    output, code = result(manage_test(str(cast), "-k", "skips", CI="true"))
    assert "no such thing here" in output
    assert "1 failed" in output
    assert code == 1


def test_a_killed_run_leaves_neither_database_nor_pytest(cast, tmp_path):
    process = manage_test(str(cast), "-k", "hangs")
    assert wait_until((tmp_path / "hanging").exists, 60)
    pid, home = (tmp_path / "hanging").read_text().split("\n")
    cluster = Cluster(Path(home))
    assert cluster.running()
    process.kill()
    result(process)
    assert wait_until(lambda: not command_line(int(pid)) and not cluster.running(), 10)
    shutil.rmtree(cluster.home.parent)  # what no killed process can tidy up


def test_databases_with_other_names_are_refused(cast, monkeypatch, tmp_path):
    settings = tmp_path / "bold_settings.py"
    settings.write_text("from config.settings import *\nDATABASES['default']['TEST'] = {'NAME': 'gatepost'}\n")
    output, code = result(manage_test(str(cast), "--ds", "bold_settings", PYTHONPATH=str(tmp_path)))
    assert "must begin with test_" in output
    assert code == 3

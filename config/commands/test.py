"""`manage.py test`: pytest on a PostgreSQL that lives as long as the run, or on DATABASE_URL."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from config.embedded.errors import ClusterError
from config.embedded.postgres import DATABASE, Cluster
from config.home import CHECKOUT
from config.processes import die_with_parent

TESTER = "gatepost_test"  # may make databases and roles, and is no superuser
KEPT = ("GATEPOST_TEST_", "GATEPOST_NO_BOOTSTRAP")


def main(arguments: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="gatepost-test-") as folder:
        home = Path(folder) / "home"
        if os.environ.get("DATABASE_URL"):
            return run_pytest(arguments, home, {})
        cluster = Cluster(home, fsync=False)
        try:
            cluster.start()
            return run_pytest(arguments, home, add_tester(cluster))
        except ClusterError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        finally:
            cluster.stop()


def add_tester(cluster: Cluster) -> dict[str, str]:
    """The role that tests run as. Databases that it makes have `vector`, which only a superuser may install."""
    role = sql.Identifier(TESTER)
    with psycopg.connect(cluster.superuser_dsn("template1"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}")
        connection.execute(create.format(role, sql.Literal(cluster.password(TESTER))))
        # So that it can make databases that belong to the roles it made.
        connection.execute(sql.SQL("ALTER ROLE {} SET createrole_self_grant = 'set, inherit'").format(role))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(DATABASE), role))
    return {
        "DATABASE_URL": cluster.dsn(TESTER, DATABASE),
        "GATEPOST_TEST_SUPERUSER_URL": cluster.superuser_dsn("postgres"),
    }


def side_by_side(arguments: Sequence[str]) -> list[str]:
    """The whole suite uses every processor; a choice of tests runs in one process, unless -n says otherwise."""
    chosen = [argument for argument in arguments if not argument.startswith("-") or argument.startswith("-n")]
    return [] if chosen else ["-n", "auto"]


def run_pytest(arguments: Sequence[str], home: Path, urls: Mapping[str, str]) -> int:
    """In a child, so that its end is the end of every connection; without the settings of the person's shell."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("GATEPOST_") or name.startswith(KEPT)
    }
    made = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "GATEPOST_HOME": str(home),
        "GATEPOST_SECRET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "tests.plugins", *side_by_side(arguments), *arguments],
        cwd=CHECKOUT,
        env=inherited | made | dict(urls),
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        # A second Ctrl-C ends the wait; pytest got the first one too, and is writing its summary.
        with suppress(KeyboardInterrupt):
            return process.wait()
        return process.wait()
    finally:
        process.terminate()
        process.wait()

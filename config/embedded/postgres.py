"""An own PostgreSQL in the home.

The superuser only bootstraps. The product connects as a plain owner role, over a Unix socket in a private
folder, with a password. The server stops when the process that started it dies.
"""

import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.embedded import sockets
from config.embedded.binaries import bundled_binaries, refuse_other_version
from config.embedded.errors import ClusterError
from config.embedded.identity import Identity, choose
from config.env import ConfigurationError
from config.home import private_value, protect
from config.processes import command_line, die_with_parent, open_log, tail, wait_until

SUPERUSER = "gatepost"
OWNER = "gatepost_owner"
DATABASE = "gatepost"

READY_WITHIN = 30.0
RECOVERABLE_FOR = 5.0  # backends of a killed server need a moment to notice and let go of its memory
FAST_STOP_WITHIN = 20.0

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # no PG* variable of the caller may redirect the server
SETTINGS = {
    "port": str(sockets.PORT),
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
UNSAFE_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "400"}  # tests run side by side


def owner_url(home: Path) -> str:
    """The product's database in the cluster of this home, which need not be running."""
    cluster = Cluster(home)
    if not cluster.exists():
        raise ConfigurationError(f"No database in {home}. Run `python3 manage.py up` once, or set DATABASE_URL.")
    return cluster.dsn(OWNER, DATABASE)


class Cluster:
    """One PostgreSQL in one home. `fsync=False` is for tests that may lose everything."""

    def __init__(self, home: Path, *, fsync: bool = True) -> None:
        self.home = home.resolve()
        self.data = self.home / "postgres"
        self.log = self.home / "logs" / "postgres.log"
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None

    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def running(self) -> bool:
        return self._postmaster() is not None

    def password(self, role: str) -> str:
        """The password kept for this role, made the first time somebody asks."""
        return private_value(self.home / f"{role}.password", lambda: secrets.token_urlsafe(24))

    def dsn(self, role: str, database: str) -> str:
        host = quote(str(sockets.folder(self.home)), safe="")
        password = quote(self.password(role), safe="")
        return f"postgresql://{role}:{password}@/{quote(database, safe='')}?host={host}&port={sockets.PORT}"

    def superuser_dsn(self, database: str) -> str:
        return self.dsn(SUPERUSER, database)

    def start(self) -> None:
        """Return when a real connection has worked and the product's role and database are there."""
        protect(self.home)
        binaries = bundled_binaries()
        identity = choose(binaries, self.home)
        identity.own(self.home)
        if not self.exists():
            self._create(binaries, identity)
        refuse_other_version(binaries, self.data)
        self._await_connection(binaries, identity)
        self._add_product()

    def stop(self) -> None:
        """Fast shutdown. SIGTERM would wait for clients; SIGKILL would lose the clean end, so it is never sent."""
        pid = self._process.pid if self._process else self._postmaster()
        for signum in (signal.SIGINT, signal.SIGQUIT):
            if pid is None or self._gone(pid):
                break
            with suppress(ProcessLookupError):
                os.kill(pid, signum)
            wait_until(lambda: self._gone(pid), FAST_STOP_WITHIN)
        self._process = None
        sockets.forget(self.home)

    def _gone(self, pid: int) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        return not self._is_postmaster(pid)

    def _create(self, binaries: Path, identity: Identity) -> None:
        """Under a draft name, so that an interrupted initdb is repeated and never mistaken for a cluster."""
        draft = self.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self.password(SUPERUSER)
        password_file = self.home / f"{SUPERUSER}.password"
        identity.own(password_file)
        arguments = [
            *("-D", str(draft), "-U", SUPERUSER, "-E", "UTF8", "--auth=scram-sha-256"),
            *(f"--pwfile={password_file}", "--no-instructions"),
            # The built-in provider sorts and folds alike on every system, whatever locales it has.
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *([] if self._fsync else ["--no-sync"]),
        ]
        process = self._run(binaries / "initdb", arguments, identity)
        if process.wait() != 0:
            raise ClusterError(f"initdb failed:\n{tail(self.log)}")
        draft.rename(self.data)

    def _await_connection(self, binaries: Path, identity: Identity) -> None:
        """Start the server, or adopt the one that runs. An adopted one may just be stopping: then start ours."""
        now = time.monotonic()
        deadline = now + READY_WITHIN
        recoverable_until = now + RECOVERABLE_FOR if (self.data / "postmaster.pid").exists() else now
        while not self._answers():
            ended = self._process is not None and self._process.poll() is not None
            if time.monotonic() > (recoverable_until if ended else deadline):
                self.stop()
                raise ClusterError(f"PostgreSQL did not start. The end of {self.log}:\n{tail(self.log)}")
            if ended or (self._process is None and not self.running()):
                self._launch(binaries, identity)
            time.sleep(0.05)

    def _launch(self, binaries: Path, identity: Identity) -> None:
        # It names a dead process, a zombie, or after a reboot a stranger with the same pid. PostgreSQL itself
        # still refuses to start while any process of the old server holds the shared memory of this folder.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        socket_folder = sockets.prepare(self.home)
        identity.own(socket_folder)
        safety = {} if self._fsync else UNSAFE_SETTINGS
        settings = SETTINGS | safety | {"unix_socket_directories": str(socket_folder)}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        self._process = self._run(binaries / "postgres", ["-D", str(self.data), *options], identity)

    def _run(self, binary: Path, arguments: Sequence[str], identity: Identity) -> subprocess.Popen[bytes]:
        with open_log(self.log) as log:
            return subprocess.Popen(
                [*identity.prefix, str(binary), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
                cwd="/",
                user=identity.uid,
                group=identity.uid,
                extra_groups=None if identity.uid is None else [],
                start_new_session=True,  # Ctrl-C is for the one who started us; he stops us in order
                preexec_fn=die_with_parent(signal.SIGINT),
            )

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.superuser_dsn("postgres"), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _add_product(self) -> None:
        """Each step alone is safe to repeat, so an interrupted first start is completed by the next."""
        with psycopg.connect(self.superuser_dsn("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                create = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
                connection.execute(create.format(sql.Identifier(OWNER), sql.Literal(self.password(OWNER))))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
            # A catalog's login role has no business in the control plane.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(DATABASE)))

    def _postmaster(self) -> int | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._is_postmaster(pid) else None

    def _is_postmaster(self, pid: int) -> bool:
        return str(self.data) in command_line(pid)

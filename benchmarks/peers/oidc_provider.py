"""node oidc-provider, in memory and on PostgreSQL. Installed at the first run, into the user's cache."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.gatepost import free_port
from benchmarks.peers.django_oauth_toolkit import await_answer
from benchmarks.peers.peer import Form, Peer
from config.embedded.postgres import Cluster

PACKAGE, DRIVER, NODE = "oidc-provider@9.13.3", "pg@8.23.1", "node@22"
OLDEST_NODE = 22
DATABASE = "oidc"
SCRIPT = Path(__file__).with_suffix(".mjs")
PUBLIC, SERVICE, SECRET = "public-client", "service-client", "a-long-secret-of-the-service-client"


@contextmanager
def running(cluster: Cluster, folder: Path) -> Iterator[list[Peer]]:
    """Yield both servers, or none where there is no Node."""
    node = _node()
    if node is None:
        print("oidc-provider is left out: npm is not installed.")
        yield []
        return
    # ES modules are looked for beside the script.
    script = shutil.copy(SCRIPT, folder)
    (folder / "node_modules").symlink_to(_cache() / "node_modules")
    with psycopg.connect(cluster.superuser_dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    database = json.dumps(conninfo_to_dict(cluster.superuser_dsn(DATABASE)))
    with ExitStack() as stack:
        yield [
            stack.enter_context(_serving(node, script, "oidc-provider in memory", "")),
            stack.enter_context(_serving(node, script, "oidc-provider on PostgreSQL", database)),
        ]


@contextmanager
def _serving(node: str, script: str, name: str, database: str) -> Iterator[Peer]:
    port = free_port()
    env = os.environ | {"PORT": str(port), "DATABASE": database, "NODE_ENV": "production"}
    env |= {"PUBLIC": PUBLIC, "SERVICE": SERVICE, "SECRET": SECRET}
    command = [node, "--no-warnings", script]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    origin = f"http://127.0.0.1:{port}"
    try:
        await_answer(process, f"{origin}/token")
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
        yield Peer(
            name=name,
            version=f"{PACKAGE.partition('@')[2]}, Node {version.stdout.strip()}, one process",
            url=f"{origin}/token",
            pid=process.pid,
            service={"grant_type": "client_credentials", "client_id": SERVICE, "client_secret": SECRET},
            public={"client_id": PUBLIC},
            prepare=lambda number: _codes(origin, number),
        )
    finally:
        process.terminate()
        process.wait(30)


def _codes(origin: str, number: int) -> list[Form]:
    with urllib.request.urlopen(f"{origin}/codes/{number}", timeout=60) as answer:  # noqa: S310 - our own loopback address
        forms: list[Form] = json.loads(answer.read())
    return forms


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatepost-benchmarks" / PACKAGE


def _node() -> str | None:
    """Return a Node that is new enough, with the packages installed; None without npm."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    packages = [PACKAGE, DRIVER]
    major = subprocess.run(
        [node, "--print", "parseInt(process.versions.node)"],
        capture_output=True,
        text=True,
        check=True,
    )
    if int(major.stdout) < OLDEST_NODE:
        packages.append(NODE)
        node = str(_cache() / "node_modules" / "node" / "bin" / "node")
    # npm writes its lock last: an install that was cut short is done again.
    if not (_cache() / "node_modules" / ".package-lock.json").exists():
        _cache().mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--prefix", str(_cache()), "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run([*install, *packages], check=True)
    return node

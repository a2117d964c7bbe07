"""django-oauth-toolkit as it comes: a project by startproject, with the settings that its tutorial names.

Secrets are unhashed: with PBKDF2, its default, it answers some five client_credentials requests a second for a core.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.gatepost import free_port
from benchmarks.peers.peer import Form, Peer, answer_of
from config.embedded.postgres import Cluster

DATABASE = "stock"
PREPARE = Path(__file__).with_name("django_oauth_toolkit_prepare.py")
PUBLIC, SERVICE, SECRET = "public-client", "service-client", "a-long-unhashed-secret"
SETTINGS = """
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS.append("oauth2_provider")
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60, **{database!r}}}}}
"""
URLS = """
from django.urls import include, path
urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
"""
# The server of Gatepost's web process, with as many threads.
ASGI = """
from a2wsgi import WSGIMiddleware
from stock.wsgi import application
application = WSGIMiddleware(application, workers=10)
"""
SERVER = "uvicorn stock.asgi:application --loop uvloop --http httptools --ws none --no-proxy-headers --no-access-log"


@contextmanager
def running(cluster: Cluster, folder: Path) -> Iterator[Peer]:
    """Make the project and its database, serve it, and yield it as a peer."""
    _make_project(cluster, folder)
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "stock.settings", "PYTHONPATH": str(folder / DATABASE)}

    def prepare(*arguments: str) -> list[Form]:
        forms: list[Form] = answer_of([sys.executable, PREPARE, *arguments], folder / DATABASE, env)
        return forms

    prepare("clients", PUBLIC, SERVICE, SECRET)
    port = free_port()
    command = [sys.executable, "-m", *SERVER.split(), "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, cwd=folder / DATABASE, env=env)
    try:
        url = f"http://127.0.0.1:{port}/o/token/"
        await_answer(process, url)
        service = {"grant_type": "client_credentials", "client_id": SERVICE, "client_secret": SECRET}
        yield Peer(
            name="django-oauth-toolkit, unhashed",
            version=f"{version('django-oauth-toolkit')}, the same Django and server, one process of ten threads",
            url=url,
            pid=process.pid,
            service=service,
            public={"client_id": PUBLIC},
            prepare=lambda number: prepare("codes", PUBLIC, str(number)),
        )
    finally:
        process.terminate()
        process.wait(30)


def _make_project(cluster: Cluster, folder: Path) -> None:
    with psycopg.connect(cluster.superuser_dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": ""}
    start = [sys.executable, "-m", "django", "startproject", DATABASE]
    subprocess.run(start, cwd=folder, env=env, check=True)
    project = folder / DATABASE / DATABASE
    with (project / "settings.py").open("a") as settings:
        settings.write(SETTINGS.format(database=_database(cluster.superuser_dsn(DATABASE))))
    (project / "urls.py").write_text(URLS)
    (project / "asgi.py").write_text(ASGI)
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    env["DJANGO_SETTINGS_MODULE"] = "stock.settings"
    subprocess.run(migrate, cwd=folder / DATABASE, env=env, check=True)


def _database(dsn: str) -> dict[str, Any]:
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {names[name]: value for name, value in conninfo_to_dict(dsn).items()}


def await_answer(process: subprocess.Popen[bytes], url: str) -> None:
    """Return when the server answers anything at all."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=2)  # noqa: S310 - our own loopback address
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"The server of {url} did not start.")

"""MCP Toolbox for Databases, installed by npm at the first run into the user's cache. No authentication, no audit."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from benchmarks.gatepost import free_port
from benchmarks.peers.django_oauth_toolkit import await_answer

PACKAGE = "@toolbox-sdk/server@1.12.0"
VERSION = PACKAGE.rpartition("@")[2]


@contextmanager
def running(dsn: str, tools: Mapping[str, Mapping[str, Any]], folder: Path) -> Iterator[tuple[str, int] | None]:
    """Serve the tools, each with description, statement and parameters. Yield URL and process id; None without npm."""
    binary = _binary()
    if binary is None:
        print("MCP Toolbox is left out: npm is not installed.")
        yield None
        return
    config, port = folder / "tools.yaml", free_port()
    config.write_text(json.dumps({"sources": {"benchmark": _source(dsn)}, "tools": _tools(tools)}))  # JSON is YAML
    with (folder / "toolbox.log").open("wb") as log:
        command = [binary, "--config", config, "--port", str(port), "--disable-reload", "--disable-version-check"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        await_answer(process, f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/mcp", process.pid
    finally:
        process.terminate()
        process.wait(30)


def _source(dsn: str) -> dict[str, Any]:
    """Toolbox joins host and port to a URL; the folder of a socket has its place in the query of it."""
    target = conninfo_to_dict(dsn)
    return {
        "kind": "postgres",
        "host": "localhost",
        "port": str(target["port"]),
        "database": target["dbname"],
        "user": target["user"],
        "password": target.get("password") or "none",
        "queryParams": {"host": target["host"]},
    }


def _tools(tools: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: {"kind": "postgres-sql", "source": "benchmark", **tool} for name, tool in tools.items()}


def _binary() -> Path | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    cache = (
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatepost-benchmarks" / f"toolbox@{VERSION}"
    )
    # npm writes its lock last: an install that was cut short is done again.
    if not (cache / "node_modules" / ".package-lock.json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        install = [npm, "install", "--prefix", str(cache), "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run([*install, PACKAGE], check=True)
    # Not the script of npm, which starts a process of its own: memory and processor time are those of the server.
    return next((cache / "node_modules" / "@toolbox-sdk").glob("server-*/bin/toolbox*"), None)

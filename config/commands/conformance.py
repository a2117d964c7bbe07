"""`manage.py conformance`: the official MCP conformance suite against a Gatepost of its own, which lives as long."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.conformance import suite
from config.conformance.proxy import proxy
from config.conformance.suite import ARGUMENTS, MissingError, Scenario
from config.home import CHECKOUT
from config.processes import die_with_parent, wait_until

FIXTURES = "tests.mcp_endpoint.conformance_fixtures"
URL = "/api/2.0/mcp/conformance"
NEWEST = max(ARGUMENTS)
STARTS_WITHIN = 180.0  # seconds


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py conformance", description="Run the MCP conformance suite.")
    parser.add_argument("--spec", choices=ARGUMENTS, default=NEWEST, help=f"revision of MCP, {NEWEST} by default")
    parser.add_argument("--scenario", help="run this one alone, scored or not")
    given = parser.parse_args(arguments)
    chosen = ("--scenario", given.scenario, "--spec-version", given.spec) if given.scenario else ARGUMENTS[given.spec]
    try:
        suite.install()
        with tempfile.TemporaryDirectory(prefix="gatepost-conformance-") as folder:
            return report(given.spec, run(chosen, Path(folder)))
    except (MissingError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run(chosen: Sequence[str], folder: Path) -> list[Scenario]:
    with gatepost(folder) as facts, proxy(facts["base_url"], facts["admin_token"]) as base_url:
        return suite.run(base_url + URL, chosen, folder / "reports")


@contextmanager
def gatepost(folder: Path) -> Iterator[dict[str, str]]:
    """Run `up` with the fixtures, in a home and on an embedded PostgreSQL of its own; yield what its ready file says."""
    ready, port = folder / "ready.json", free_port()
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"GATEPOST_CONFORMANCE_FIXTURES": FIXTURES, "GATEPOST_PUBLIC_URL": f"http://localhost:{port}"}
    up = ("up", "--home", str(folder / "home"), "--port", str(port), "--ready-file", str(ready))
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *up],
            cwd=CHECKOUT,
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        wait_until(lambda: ready.exists() or process.poll() is not None, STARTS_WITHIN)
        if not ready.exists():
            raise MissingError(f"Gatepost did not start:\n{(folder / 'up.log').read_text()}")
        yield json.loads(ready.read_text())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def report(revision: str, scenarios: Sequence[Scenario]) -> int:
    """Print every scenario and the sums; return the exit code: 0 when no check of a scored scenario failed."""
    for each in scenarios:
        mark = ("ok" if not each.failed else "FAILED") if each.is_scored else "(ok)" if not each.failed else "(failed)"
        sys.stdout.write(f"{mark:<9}{each.name:<48}{each.passed:>4} passed {len(each.failed):>3} failed\n")
        sys.stdout.writelines(f"           {said}\n" for said in each.failed if each.is_scored)
    scored = [each for each in scenarios if each.is_scored]
    failed = [each for each in scored if each.failed]
    checks = sum(each.passed for each in scored), sum(len(each.failed) for each in scored)
    rest = len(scenarios) - len(scored)
    sys.stdout.write(
        f"\nMCP {revision}: {len(scored) - len(failed)} scenarios passed, {len(failed)} failed; "
        f"{checks[0]} checks passed, {checks[1]} failed."
        + (f" In brackets: {rest} that the revision does not require.\n" if rest else "\n")
    )
    return 1 if failed or not scored else 0

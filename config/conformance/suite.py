"""The npm package @modelcontextprotocol/conformance: where it is, what it is asked to run, and what it found.

`python3 -m config.conformance.suite` installs it into a cache. Standard library only: CI runs that before anything else.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
OLDEST_NODE = 22
# What is run for a revision. The frozen sets begin with 2025-11-25. Of 2025-03-26 the suite knows one scenario, so
# tests/mcp_endpoint has tests of our own for that.
ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "2025-03-26": ("--suite", "all", "--spec-version", "2025-03-26"),
    "2025-06-18": ("--suite", "all", "--spec-version", "2025-06-18"),
    "2025-11-25": ("--requirements", "2025-11-25"),
    "2026-07-28": ("--requirements", "2026-07-28"),
}
_NAME = re.compile(r"server-(.*)-\d{4}-\d\d-\d\dT[\d-]+Z")  # of the folder with the report of a scenario


class MissingError(Exception):
    """The suite, or a Node that can run it, is not there. The text says what to do."""


@dataclass(frozen=True)
class Scenario:
    """What became of one scenario. Sets also run some that the revision does not require: they are not scored."""

    name: str
    is_scored: bool
    passed: int  # checks
    failed: tuple[str, ...]  # what the failed checks say


def command() -> list[str]:
    """Return the command line of the suite. GATEPOST_TEST_CONFORMANCE and GATEPOST_TEST_NODE name it elsewhere."""
    folder = _folder()
    program = folder / "node_modules/@modelcontextprotocol/conformance/dist/index.js"
    own = folder / "node_modules/node/bin/node"
    node = os.environ.get("GATEPOST_TEST_NODE") or (str(own) if own.exists() else shutil.which("node")) or ""
    if not program.exists() or _version(node) < OLDEST_NODE:
        how = "python3 -m config.conformance.suite"
        raise MissingError(f"{PACKAGE} with Node {OLDEST_NODE} or later is not in {folder}. Run: {how}")
    return [node, str(program)]


def install() -> None:
    """Install the suite, and a Node for it where that of the system is too old, unless both are there."""
    try:
        command()
    except MissingError:
        npm = shutil.which("npm")
        if npm is None:
            raise MissingError("npm is needed to install the conformance suite. Install Node.") from None
        is_old = _version(shutil.which("node") or "") < OLDEST_NODE
        packages = [PACKAGE, *([f"node@{OLDEST_NODE}"] if is_old else [])]
        quietly = ("--no-audit", "--no-fund", "--loglevel", "error")
        subprocess.run([npm, "install", "--prefix", str(_folder()), *quietly, *packages], check=True)
        command()


def run(url: str, arguments: Sequence[str], reports: Path) -> list[Scenario]:
    """Run scenarios against an MCP URL and return what was found. The suite leaves its own reports in the folder."""
    asked = [*command(), "server", "--url", url, *arguments, "--output-dir", str(reports)]
    subprocess.run(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # the reports tell
    required = _required(arguments)
    found = [_scenario(report, required) for report in reports.glob("*/checks.json")]
    missing = (required or frozenset()) - {scenario.name for scenario in found}
    found += [Scenario(name, is_scored=True, passed=0, failed=("It was not run.",)) for name in missing]
    return sorted(found, key=lambda scenario: (not scenario.is_scored, scenario.name))


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("GATEPOST_TEST_CONFORMANCE") or cache / "gatepost-ci" / PACKAGE.rpartition("/")[2])


def _version(node: str) -> int:
    if not node:
        return 0
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.match(r"v(\d+)", said)
    return int(number[1]) if number else 0


def _required(arguments: Sequence[str]) -> frozenset[str] | None:
    """Return the names that a requirement set scores, as the suite lists them; None where everything counts."""
    if "--requirements" not in arguments:
        return None
    asked = [*command(), "list", "--server", *arguments]
    listed = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    scored = listed.partition("never scored")[0].partition("Client scenarios")[0]
    return frozenset(re.findall(r"^  - (\S+)", scored, re.MULTILINE))


def _scenario(report: Path, required: frozenset[str] | None) -> Scenario:
    named = _NAME.fullmatch(report.parent.name)
    name = named[1] if named else report.parent.name
    checks = json.loads(report.read_text())
    failed = tuple(f"{each['id']}: {each.get('errorMessage', '')}" for each in checks if each["status"] == "FAILURE")
    passed = sum(each["status"] == "SUCCESS" for each in checks)
    return Scenario(name, required is None or name in required, passed, failed)


if __name__ == "__main__":
    try:
        install()
    except (MissingError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))

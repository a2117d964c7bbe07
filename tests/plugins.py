"""What `manage.py test` adds to pytest: no silent skips in CI, and no database but those named test_*."""

import os
from collections.abc import Generator
from typing import Any

import pluggy
import pytest
from django.conf import settings
from xdist.scheduler import LoadScopeScheduling


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--browser", action="store_true", help="a missing Chromium is an error, not a reason to skip")


def pytest_collection_finish() -> None:
    """Tests drop what they make, so it must be recognisable as theirs. Without a setting Django says test_NAME."""
    databases: Any = settings.DATABASES
    for database in databases.values():
        name = database.get("TEST", {}).get("NAME") or "test_"
        if not name.startswith("test_"):
            pytest.exit(f"The test database would be {name!r}; its name must begin with test_.", returncode=3)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Generator[None, "pluggy.Result[pytest.TestReport]", None]:
    report: Any = (yield).get_result()
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, and CI skips nothing: {report.longrepr}"


class Together(LoadScopeScheduling):
    """Which tests share a process (and so the fixtures of their module): those of a file, with two exceptions."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        if path.startswith("tests/journeys/"):
            return "tests/journeys"  # one running Gatepost for all
        if path == "tests/browser/test_pages.py":
            return nodeid  # slow, and each test stands alone
        return path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Replace --dist: with -n, tests are shared out as above."""
    return Together(config, log)

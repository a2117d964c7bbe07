"""The official MCP conformance suite against our dispatcher, with fixtures that only tests have.

`python -m config.conformance.suite` installs it.
"""

import httpx2
import pytest

from config.commands import conformance
from config.commands.conformance import FIXTURES, URL
from config.conformance import suite
from config.conformance.proxy import proxy
from config.conformance.suite import ARGUMENTS, Scenario
from tests import live
from tests.catalog.conftest import workshop  # noqa: F401 - a fixture
from tests.conformance import suite_command  # noqa: F401 - a fixture
from tests.mcp_endpoint.conftest import world  # noqa: F401 - a fixture
from tests.requirements import requirement

pytestmark = pytest.mark.django_db

REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}  # scenarios of the frozen sets
HEADERS = ("http-header-validation", "http-custom-header-server-validation")  # not scored, and green all the same


@pytest.fixture(scope="module")
def url(suite_command, world):  # noqa: F811
    fixtures = {"GATEPOST_CONFORMANCE_FIXTURES": FIXTURES}
    with live.web(fixtures) as web, proxy(web.base_url, world.tokens["alice"]) as base_url:
        yield base_url + URL


@pytest.mark.parametrize("revision", ARGUMENTS)
@requirement("MCP-RUNG-33", "MCP-RUNG-34", "MCP-CONFORMANCE")
def test_every_scenario_that_a_revision_requires_passes(url, tmp_path, revision):
    found = suite.run(url, ARGUMENTS[revision], tmp_path)
    scored = [scenario for scenario in found if scenario.is_scored]
    assert [scenario for scenario in scored if scenario.failed] == []
    assert revision not in REQUIRED or len(scored) == REQUIRED[revision]
    passed = {scenario.name for scenario in found if scenario.passed and not scenario.failed}
    assert revision != "2026-07-28" or passed.issuperset(HEADERS)
    assert revision == "2025-03-26" or len(passed) > 20


def ask(url, method, params=None, revision=None):
    headers = {"Accept": "application/json, text/event-stream"} | (
        {"MCP-Protocol-Version": revision} if revision else {}
    )
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    return httpx2.post(url, json=message, headers=headers, timeout=20).json()["result"]


def test_the_first_revision_gets_nothing_that_it_does_not_know(url):
    """The suite does not speak 2025-03-26."""
    link = {"name": "test_resource_link"}
    assert ask(url, "tools/call", link)["content"] == [{"type": "text", "text": "test://static-text"}]
    assert ask(url, "tools/call", link, "2025-06-18")["content"][0]["type"] == "resource_link"
    for method, key in (
        ("tools/list", "tools"),
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ):
        assert all("title" not in each for each in ask(url, method)[key])
        assert all("title" in each for each in ask(url, method, revision="2025-06-18")[key])


def test_a_stranger_cannot_answer_a_question_of_the_server(url, world):  # noqa: F811
    """Rung 25: only the principal that is asked answers, and only what is asked."""
    for identity in ("guessed", 1):
        reply = {"jsonrpc": "2.0", "id": identity, "result": {"action": "accept"}}
        answer = httpx2.post(url, json=reply, timeout=20)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, -32600)


def test_a_scenario_that_fails_is_said_and_counted(capsys):
    scenarios = [Scenario("ping", True, 2, ()), Scenario("tools-list", True, 1, ("names: odd",))]
    assert conformance.report("2025-11-25", scenarios) == 1
    said = capsys.readouterr().out
    assert "names: odd" in said
    assert "1 scenarios passed, 1 failed; 3 checks passed, 1 failed." in said


def test_only_what_a_revision_requires_decides(capsys):
    scenarios = [Scenario("ping", True, 2, ()), Scenario("tasks", False, 0, ("no tasks",))]
    assert conformance.report("2025-11-25", scenarios) == 0
    assert conformance.report("2025-11-25", []) == 1


def test_a_server_without_fixtures_fails(suite_command, world, tmp_path):  # noqa: F811
    """The suite can fail: what is not there does not pass."""
    with live.web() as web, proxy(web.base_url, world.tokens["alice"]) as base_url:
        [scenario] = suite.run(base_url + URL, ("--scenario", "ping", "--spec-version", "2025-11-25"), tmp_path)
    assert scenario.failed

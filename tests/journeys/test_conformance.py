"""The authorization scenarios of the MCP conformance suite (npm), run against `up` as anybody would run them."""

import json
import re
import subprocess

import httpx2

from tests.conformance import suite_command  # noqa: F401 - a fixture
from tests.journeys.consenting import allow, make_integration
from tests.live import free_port
from tests.requirements import requirement


def check(suite_command, gatepost, folder, **integration):  # noqa: F811
    """Run all authorization scenarios with a new client, as its person allows it. Returns the checks by id."""
    port = free_port()
    client = make_integration(gatepost, redirect_urls=[f"http://127.0.0.1:{port}/callback"], **integration)
    arguments = ["--url", gatepost.base, "--resource", gatepost.functions, "--client-id", client["client_id"]]
    arguments += ["--client-secret", client["client_secret"]] if "client_secret" in client else []
    command = [*suite_command, "authorization", *arguments, "--port", str(port), "--output-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if re.match(r"http\S+/authorize\?", line):
                    httpx2.get(allow(gatepost, line.strip()), timeout=30)
        finally:
            process.kill()
    checks = [check for path in folder.glob("*/checks.json") for check in json.loads(path.read_text())]
    assert checks, "".join(said)
    return {check["id"]: check for check in checks}


@requirement("AS-CONFORMANCE")
def test_the_authorization_scenarios_pass_with_a_public_client(suite_command, gatepost, tmp_path):  # noqa: F811
    since = gatepost.mark()

    checks = check(suite_command, gatepost, tmp_path)

    assert {name: check["status"] for name, check in checks.items()} == {
        "authorization-server-metadata": "SUCCESS",
        "authorization-server-metadata-cimd": "SUCCESS",
        "authorization-code-grant": "SUCCESS",
    }, checks
    assert ("oauth.token", "allowed", "") in gatepost.records(since, "%")


def test_a_confidential_client_is_refused_when_the_suite_leaves_its_secret_out(suite_command, gatepost, tmp_path):  # noqa: F811
    """The suite sends no secret to a server that lists `none`, even when it was given one."""
    grant = check(suite_command, gatepost, tmp_path, confidential=True)["authorization-code-grant"]

    assert (grant["status"], grant["errorMessage"]) == ("FAILURE", "Invalid status code: 401")

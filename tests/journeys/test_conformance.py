"""The authorization scenarios of the MCP conformance suite (npm), run against `up` as anybody would run them.

GATEPOST_TEST_CONFORMANCE names a folder in which `npm install @modelcontextprotocol/conformance@0.2.0-alpha.12` was
run; GATEPOST_TEST_NODE names a Node of 22 or later when the one on the PATH is older.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.journeys.consenting import allow, make_integration
from tests.live import free_port

OLDEST_NODE = 22


@pytest.fixture(scope="session")
def suite():
    """The command line of the suite. Skips where a variable is missing, fails where it is wrong."""
    folder = os.environ.get("GATEPOST_TEST_CONFORMANCE")
    if not folder:
        pytest.skip("GATEPOST_TEST_CONFORMANCE names no folder with the MCP conformance suite")
    named = os.environ.get("GATEPOST_TEST_NODE")
    node = named or shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
    if not version or int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        assert not named, f"GATEPOST_TEST_NODE is {version or 'no Node'}: it must be {OLDEST_NODE} or later"
        pytest.skip(f"no Node of {OLDEST_NODE} or later on the PATH: name one by GATEPOST_TEST_NODE")
    program = Path(folder, "node_modules/@modelcontextprotocol/conformance/dist/index.js")
    assert program.exists(), f"GATEPOST_TEST_CONFORMANCE: there is no {program}"
    return [node, str(program)]


def check(suite, gatepost, folder, **integration):
    """Run all authorization scenarios with a new client, as its person allows it. Returns the checks by id."""
    port = free_port()
    client = make_integration(gatepost, redirect_urls=[f"http://127.0.0.1:{port}/callback"], **integration)
    arguments = ["--url", gatepost.base, "--resource", gatepost.functions, "--client-id", client["client_id"]]
    arguments += ["--client-secret", client["client_secret"]] if "client_secret" in client else []
    command = [*suite, "authorization", *arguments, "--port", str(port), "--output-dir", str(folder)]
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


def test_the_authorization_scenarios_pass_with_a_public_client(suite, gatepost, tmp_path):
    since = gatepost.mark()

    checks = check(suite, gatepost, tmp_path)

    assert {name: check["status"] for name, check in checks.items()} == {
        "authorization-server-metadata": "SUCCESS",
        "authorization-server-metadata-cimd": "SUCCESS",
        "authorization-code-grant": "SUCCESS",
    }, checks
    assert ("oauth.token", "allowed", "") in gatepost.records(since, "%")


def test_a_confidential_client_is_refused_when_the_suite_leaves_its_secret_out(suite, gatepost, tmp_path):
    """The suite sends no secret to a server that lists `none`, even when it was given one."""
    grant = check(suite, gatepost, tmp_path, confidential=True)["authorization-code-grant"]

    assert (grant["status"], grant["errorMessage"]) == ("FAILURE", "Invalid status code: 401")

"""No input of any operation, from anybody, makes a 5xx or an answer that the document does not describe. By schemathesis.

Its command runs against a web process, once for each caller and all at once. GATEPOST_TEST_FUZZ_SECONDS=600 makes it
search for so long; it prints how to send again what it found.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from accounts import tokens
from accounts.models import Account
from audit.event import NOBODY
from tests.catalog.conftest import catalog_on, workshop
from tests.live import CHECKOUT, web

__all__ = ["workshop"]

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)
LONG = os.environ.get("GATEPOST_TEST_FUZZ_SECONDS")
EXTENT = (
    ("--max-time", LONG, "--max-examples", "200") if LONG else ("--generation-deterministic", "--max-examples", "3")
)


@pytest.mark.django_db(transaction=True)
def test_no_input_makes_a_5xx_or_an_undescribed_answer(workshop, alice, dora, charlie, tmp_path):
    made = {
        who: tokens.create(who, by=NOBODY, scopes=("all-apis", "access-management")) for who in (alice, dora, charlie)
    }
    kept = [str(who.pk) for who in made] + [token.token_id for token, _ in made.values()]
    catalog_on(workshop)
    with web() as server:
        runs = {
            str(who): run(server.base_url, tmp_path, kept, token)
            for who, token in [*((who, raw) for who, (_, raw) in made.items()), ("nobody", None)]
        }
        reports = {who: process.communicate()[0] for who, process in runs.items()}
        written = server.stop()
    failed = [f"As {who}:\n{reports[who]}" for who, process in runs.items() if process.returncode]
    assert not failed, "\n".join(failed)
    assert "Traceback" not in written, written


def run(base_url, folder, kept, token):
    """Start schemathesis as one caller."""
    environment = {
        "SCHEMATHESIS_HOOKS": "tests.config.openapi.hostile",
        "GATEPOST_TEST_ACCOUNT": str(Account.load().account_id),
        "GATEPOST_TEST_KEPT": " ".join(kept),
        "PYTHONPATH": str(CHECKOUT),
    }
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "run", f"{base_url}/api/schema/", "--no-color", "--workers", "1"]
    chosen = ["--checks", ",".join(CHECKS), "--phases", "examples,fuzzing,stateful", *EXTENT]
    header = ["--header", f"Authorization: Bearer {token}"] if token else []
    return subprocess.Popen(
        [*command, *chosen, *header],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

"""Gatepost. Codes are made by its own functions, in a process beside the server."""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.gatepost import ROOT, environment
from benchmarks.peers.peer import Form, Peer, answer_of


def peer(facts: dict[str, Any], folder: Path) -> Peer:
    """Return the running Gatepost as a peer."""
    env = environment() | {"GATEPOST_HOME": str(folder / "home"), "GATEPOST_PUBLIC_URL": facts["base_url"]}

    def prepare(number: int) -> list[Form]:
        command = [sys.executable, "-m", "benchmarks.peers.ours_prepare", facts["public_client"]["client_id"]]
        forms: list[Form] = answer_of([*command, str(number)], ROOT, env)
        return forms

    return Peer(
        name="Gatepost",
        version=f"Django {version('django')}, uvicorn {version('uvicorn')}, one process",
        url=f"{facts['base_url']}/oidc/v1/token",
        pid=facts["web_pid"],
        service={"grant_type": "client_credentials", **facts["service_account"]},
        public={"client_id": facts["public_client"]["client_id"]},
        prepare=prepare,
    )

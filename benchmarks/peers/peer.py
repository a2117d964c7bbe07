"""What a benchmark has to know of an authorization server."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Form = dict[str, str]


@dataclass(frozen=True)
class Peer:
    """A running server. Its clients: a service with a secret, and a public client that signs people in."""

    name: str
    version: str
    url: str  # of the token endpoint
    pid: int | None
    service: Form  # the whole client_credentials request
    public: Form  # how the public client names itself
    prepare: Callable[[int], list[Form]]  # that many codes, each as code, redirect_uri and code_verifier


def answer_of(command: Sequence[str | Path], folder: Path, environment: dict[str, str]) -> Any:
    """Run a command in the folder and return the JSON that it prints."""
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)

"""What is known about the clients that people use: one TOML file each, with how and when it came to be known.

Data for the server, the console, the command line and the documentation. Nothing here decides anything.
"""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownClient:
    """A client, and how it comes in."""

    key: str  # the name of its file
    name: str
    description: str
    registration: tuple[str, ...]  # "document", "dynamic", "static", "built-in": what it can do, in its own order
    redirect_urls: tuple[str, ...]
    as_of: str  # when these facts were gathered
    source: str  # "ran" by us, its "documentation", or "second-hand"
    version: str = ""  # of the client, where one was looked at
    document_url: str = ""  # its client ID metadata document
    are_redirects_fixed: bool = True  # False: they differ per server, so only its document knows them
    is_built_in: bool = False


def _read() -> tuple[KnownClient, ...]:
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".toml"))
    clients = []
    for file in files:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
        lists = {name: tuple(given[name]) for name in ("registration", "redirect_urls")}
        clients.append(KnownClient(key=file.name.removesuffix(".toml"), **{**given, **lists}))
    return tuple(sorted(clients, key=lambda client: client.name.casefold()))


KNOWN: Final = _read()

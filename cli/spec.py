"""How a command is described: one row each. cli.building makes Typer commands of the rows, cli.calling does them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


class Kind(Enum):
    """What a flag takes, and what the API gets."""

    TEXT = auto()
    WHOLE = auto()
    LIST = auto()  # repeated, or with commas
    SWITCH = auto()  # --active/--inactive
    SECONDS = auto()  # 90d -> 7776000
    SECONDS_TEXT = auto()  # 90d -> "7776000s"
    MINUTES = auto()  # 1h -> 60
    PUBLIC_KEY = auto()  # a file with a JWK
    MOMENT = auto()  # a time, or 1h for an hour ago
    SECRET = auto()  # a file, or asked for; never on the command line, where other people's `ps` shows it


class Paging(Enum):
    """How a list goes on (rest-api.md 3.3)."""

    NONE = auto()
    TOKEN = auto()
    SCIM = auto()


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. `field` is where its value goes in the body or the query, with dots for what lies deeper."""

    name: str
    help: str
    kind: Kind = Kind.TEXT
    field: str = ""
    off: str = ""  # the other half of a switch
    is_needed: bool = False

    @property
    def target(self) -> str:
        """Return the field."""
        return self.field or self.name.replace("-", "_")

    @property
    def key(self) -> str:
        """Return the name of the parameter of the function that Typer sees."""
        return "given_" + self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Verb:
    """One command and its one call."""

    name: str
    method: str
    path: str  # what follows the base of the resource
    help: str
    example: str  # what follows the name of the command
    arguments: tuple[str, ...] = ()  # those that are not part of the path
    flags: tuple[Flag, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)  # of the body
    query: Mapping[str, str] = field(default_factory=dict)  # may name arguments: {name}
    wrap: Callable[[dict[str, Any]], dict[str, Any]] = dict
    takes_json: bool = False
    rows: str = ""  # the key of a list
    paging: Paging = Paging.NONE
    limit: int | None = None
    inner: str = ""  # the key under which the answer lies
    columns: tuple[str, ...] = ()
    question: str = ""  # asked before something is lost
    creates: bool = False  # with an Idempotency-Key, so that it may be sent again
    shows_secret: bool = False
    waits: bool = False  # for the operation that it starts
    is_open: bool = False  # without a credential
    is_file: bool = False  # the answer is a file, which goes to standard output as it comes

    @property
    def names(self) -> tuple[str, ...]:
        """Return the arguments: those of the path, then the others."""
        return (*re.findall(r"\{([a-z_]+)\}", self.path), *self.arguments)


@dataclass(frozen=True, slots=True)
class Resource:
    """A family of commands on one base path."""

    command: str  # "account users"
    base: str
    help: str
    verbs: tuple[Verb, ...]
    columns: tuple[str, ...] = ()

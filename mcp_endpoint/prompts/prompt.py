"""MCP server/prompts: texts that a person chooses and a client fills in."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mcp_endpoint import paging
from mcp_endpoint.dialogue import Dialogue

MOST_CHARACTERS: Final = 4_000  # of the value of an argument
Message = Mapping[str, Any]  # a PromptMessage


class NoSuchResource(Exception):
    """Raised by `write` when a message holds a resource that is missing, or is not for this principal."""

    def __init__(self, uri: str) -> None:
        super().__init__(uri)
        self.uri = uri


@dataclass(frozen=True, slots=True)
class Argument:
    """One gap of a prompt."""

    name: str
    description: str
    required: bool
    title: str = ""
    complete: str = ""  # completed as this variable of the resource templates: catalog, schema, table ...
    values: tuple[str, ...] = ()  # completed by these

    def wire(self) -> dict[str, Any]:
        """Return the entry of a prompt's arguments."""
        shown = {"name": self.name, "description": self.description, "required": self.required}
        return {**shown, **({"title": self.title} if self.title else {})}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `write` returns its messages; the arguments are complete."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    write: Callable[[Mapping[str, str], Dialogue], Awaitable[Sequence[Message]]]  # raises NoSuchResource

    def argument(self, name: str) -> Argument | None:
        """Return the argument of that name."""
        return next((argument for argument in self.arguments if argument.name == name), None)

    def fault(self, arguments: Mapping[str, str]) -> str | None:
        """Return what is wrong with the arguments, or None."""
        return " ".join(list(self._faults(arguments))[:5]) or None

    def _faults(self, arguments: Mapping[str, str]) -> Iterator[str]:
        for each in self.arguments:
            if each.required and each.name not in arguments:
                yield f"{each.name}: this argument is missing."
        for name, value in arguments.items():
            if self.argument(name) is None:
                yield f"{name[:200]}: there is no such argument."
            elif len(value) > MOST_CHARACTERS:
                yield f"{name}: at most {MOST_CHARACTERS} characters."

    def wire(self) -> dict[str, Any]:
        """Return the entry of prompts/list."""
        shown = {"name": self.name, "description": self.description}
        arguments = [each.wire() for each in self.arguments]
        return {**shown, "arguments": arguments, **({"title": self.title} if self.title else {})}


class Prompts:
    """The prompts of one URL for one principal, sorted by name."""

    def __init__(self, prompts: Iterable[Prompt] = ()) -> None:
        self._prompts = sorted(prompts, key=lambda prompt: prompt.name)
        self._names = [prompt.name for prompt in self._prompts]

    def find(self, name: str) -> Prompt | None:
        """Return the prompt of that name."""
        return next((prompt for prompt in self._prompts if prompt.name == name), None)

    def page(self, after: str) -> tuple[list[Prompt], str | None]:
        """Return the prompts behind a name, and the name to go on behind."""
        where, last = paging.behind(self._names, after)
        return self._prompts[where], last

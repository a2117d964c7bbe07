"""MCP server/prompts: texts that a person chooses and a client fills in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp_endpoint import paging
from mcp_endpoint.dialogue import Dialogue

Message = Mapping[str, Any]  # a PromptMessage


@dataclass(frozen=True, slots=True)
class Argument:
    """One gap of a prompt."""

    name: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `write` returns its messages; the arguments are complete."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    write: Callable[[Mapping[str, str], Dialogue], Awaitable[Sequence[Message]]]

    def fault(self, arguments: Mapping[str, str]) -> str | None:
        """Return what is wrong with the arguments, or None."""
        known = {argument.name for argument in self.arguments}
        faults = [f"{name[:200]}: there is no such argument." for name in arguments if name not in known]
        missing = [each.name for each in self.arguments if each.required and each.name not in arguments]
        return " ".join(faults[:5] + [f"{name}: this argument is missing." for name in missing]) or None

    def wire(self) -> dict[str, Any]:
        """Return the entry of prompts/list."""
        arguments = [
            {"name": each.name, "description": each.description, "required": each.required} for each in self.arguments
        ]
        return {"name": self.name, "title": self.title, "description": self.description, "arguments": arguments}


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

"""MCP server/resources: what a client may read on a URL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that can be read. `uri` is its identity."""

    uri: str
    name: str
    title: str
    description: str
    media_type: str

    def wire(self) -> dict[str, Any]:
        """Return the entry of resources/list."""
        shown = {"uri": self.uri, "name": self.name, "title": self.title, "description": self.description}
        return {**shown, "mimeType": self.media_type}


@dataclass(frozen=True, slots=True)
class Template:
    """A family of resources. `uri` is an RFC 6570 template of simple variables."""

    uri: str
    name: str
    title: str
    description: str
    media_type: str

    def wire(self) -> dict[str, Any]:
        """Return the entry of resources/templates/list."""
        shown = {"uriTemplate": self.uri, "name": self.name, "title": self.title, "description": self.description}
        return {**shown, "mimeType": self.media_type}


class Resources:
    """The resources of one URL for one principal. Here there are none; others override what they have."""

    templates: Sequence[Template] = ()

    async def page(self, after: str) -> tuple[Sequence[Resource], str | None]:
        """Return the resources behind a URI, sorted by URI, and the URI to go on behind."""
        return (), None

    async def read(self, uri: str) -> Sequence[Mapping[str, Any]] | None:
        """Return the contents as MCP has them. None: there is no such resource, or it is not for this principal."""
        return None

    async def complete(self, template: str, argument: str, prefix: str, given: Mapping[str, str]) -> Sequence[str]:
        """Return what the variable of a template may be, given the others. Only what the principal may read."""
        return ()

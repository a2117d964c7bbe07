"""One MCP URL, understood: its kind and the names in its path."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """What a URL names. Nothing is looked up yet: the names may not exist."""

    kind: str
    names: tuple[str, ...]  # decoded segments after the kind: catalog, schema, ...
    path: str  # canonical
    typed_path: str  # as it came
    toolset: str = ""  # of the query: in which shape the tools are offered

    @property
    def label(self) -> str:
        """Return the names as people write them, for audit records and titles; the kind where there are none."""
        return ".".join(self.names) or self.kind

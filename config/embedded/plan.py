"""What one `up` was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    host: str
    port: int
    home: Path
    ready_file: Path | None
    demo: bool
    insecure: bool
    base_url: str
    database_url: str

    @property
    def ready_facts(self) -> Path:
        """There while everything answers."""
        return self.home / "ready.json"

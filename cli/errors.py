"""What ends a command early. Each class is one exit status: 0 is done, and Typer itself uses 2 as we do."""

from collections.abc import Mapping, Sequence


class Stopped(Exception):
    """The command cannot go on. The text says why and what to do."""

    status = 1


class WrongUsage(Stopped):
    """The command was not given as it must be; nothing was sent."""

    status = 2


class NoConnection(Stopped):
    """Nobody answered, or not in time."""

    status = 3


class Refused(Stopped):
    """The server said no."""

    status = 1

    def __init__(self, message: str, violations: Sequence[tuple[str, str]] = (), *, code: str = "") -> None:
        super().__init__(message)
        self.message, self.violations, self.code = message, violations, code

    def naming(self, flags: Mapping[str, str]) -> "Refused":
        """Return the same refusal, with the flag beside each field that has one."""
        named = [(f"{flags[field]} ({field})" if field in flags else field, why) for field, why in self.violations]
        return Refused(self.message, named, code=self.code)

    def __str__(self) -> str:
        if not self.violations:
            return self.message
        lines = [f"  {field}: {why}" if field else f"  {why}" for field, why in self.violations]
        return "\n".join(["The server did not accept this:", *lines])

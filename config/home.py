"""The data folder of an embedded Gatepost: private to its user, and so is every file in it."""

import os
import secrets
import shlex
import stat
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


class HomeError(Exception):
    """One line that says what is wrong with the folder and what to do."""


def default_home() -> Path:
    return Path(os.environ.get("GATEPOST_HOME") or CHECKOUT / "var").absolute()


def refuse_exposed(home: Path) -> None:
    """Secrets stand in this folder: an existing one that others can enter is refused, not repaired."""
    if not home.exists():
        return
    if not home.is_dir():
        raise HomeError(f"{home} is not a folder. Name another one with --home or GATEPOST_HOME.")
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise HomeError(f"{home} belongs to somebody else. Name another folder with --home or GATEPOST_HOME.")
    if stat.S_IMODE(home.stat().st_mode) & 0o077:
        raise HomeError(f"{home} is open to other users. Run: chmod 700 {shlex.quote(str(home))}")


def protect(home: Path) -> None:
    refuse_exposed(home)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(f"Cannot make {home}: {error.strerror}. Name another folder with --home.") from None


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; nobody else can ever read it, and no reader sees half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def private_value(path: Path, make: Callable[[], str]) -> str:
    """The value kept in this file; made the first time."""
    if not path.exists():
        write_private(path, make())
    return path.read_text()


def make_secret_keys(home: Path) -> None:
    """Once, unless the environment has them; without them what is encrypted in the database is lost."""
    if not os.environ.get("GATEPOST_SECRET_KEYS"):
        private_value(home / "secret-keys", lambda: secrets.token_urlsafe(48))


def secret_keys(home: Path) -> tuple[str, ...]:
    """What `make_secret_keys` has made here."""
    path = home / "secret-keys"
    return tuple(path.read_text().split()) if path.exists() else ()

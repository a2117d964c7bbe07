"""Profiles: one 0600 file each in the user's configuration folder, with a host and the tokens of a sign-in there."""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from cli.errors import WrongUsage

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Where to go, and as whom. The tokens are good for this host and are sent to no other."""

    host: str
    account_id: str
    access_token: str
    refresh_token: str
    expires_at: float  # seconds since the epoch
    scope: str

    def __repr__(self) -> str:
        return f"Profile({self.host!r}, scope={self.scope!r})"


def load(name: str) -> Profile | None:
    """Return the profile of that name."""
    try:
        return Profile(**json.loads(_file(name).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise WrongUsage(f"{_file(name)} is damaged. Remove it and run `gatepost auth login` again.") from None


def save(name: str, profile: Profile) -> None:
    """Store it, whole or not at all, for nobody else to read."""
    target = _file(name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = target.with_suffix(f".{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(profile), file)
    beside.replace(target)


def forget(name: str) -> None:
    """Remove it."""
    _file(name).unlink(missing_ok=True)


def names() -> list[str]:
    """Return the names of all profiles."""
    return sorted(path.stem for path in _folder().glob("*.json"))


@contextmanager
def turn(name: str) -> Iterator[None]:
    """Wait for one's turn: of two commands at once, one renews the tokens and the other finds them renewed."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(_file(name).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def origin(host: str) -> str:
    """Return the bare origin of what was given as a host: https, or http on this computer."""
    url = urlsplit(host if "://" in host else f"https://{host}")
    if not url.hostname or url.username or url.path not in {"", "/"} or url.query or url.fragment:
        raise WrongUsage(f"{host!r} is no host. Give the bare origin, like https://gatepost.example.com.")
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in _LOOPBACK):
        raise WrongUsage(f"{host!r} would send the token in clear. Use https; http is for localhost only.")
    return f"{url.scheme}://{url.netloc}"


def _folder() -> Path:
    return Path(typer.get_app_dir("gatepost")) / "profiles"


def _file(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise WrongUsage(f"{name!r} is no name of a profile. Use letters, digits, - and _.")
    return _folder() / f"{name}.json"

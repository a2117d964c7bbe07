"""Who PostgreSQL runs as. It refuses uid 0, so root lends it another identity, and opens no folder for it."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import RootError

# initdb insists on a uid that has a name. In a namespace it is only a name; without one it owns the data.
ACCOUNTS = ("postgres", "daemon", "nobody")
SEARCHABLE_BY_OTHERS = 0o001


@dataclass(frozen=True, slots=True)
class Identity:
    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def own(self, *paths: Path) -> None:
        if self.uid is not None:
            for path in paths:
                os.chown(path, self.uid, self.uid)


def choose(binaries: Path, home: Path) -> Identity:
    if os.geteuid() != 0:
        return Identity()
    uid = spare_uid()
    if uid is not None:
        namespace = ("unshare", "-U", f"--map-user={uid}", f"--map-group={uid}")
        if works(namespace):
            return Identity(prefix=namespace)
        if open_to_others(binaries) and open_to_others(home.parent):
            return Identity(uid=uid)
    raise RootError("PostgreSQL cannot run as root here. Run as another user, or set DATABASE_URL.")


def spare_uid() -> int | None:
    known = {account.pw_name: account.pw_uid for account in pwd.getpwall()}
    return next((known[name] for name in ACCOUNTS if name in known), None)


def works(namespace: tuple[str, ...]) -> bool:
    try:
        return subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def open_to_others(path: Path) -> bool:
    return all(folder.stat().st_mode & SEARCHABLE_BY_OTHERS for folder in (path, *path.parents))

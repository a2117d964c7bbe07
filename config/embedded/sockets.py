"""The folder of the Unix socket: inside the home, or where that path will not do, a short one it links to."""

import os
import stat
import tempfile
from pathlib import Path

PORT = 5432
SEPARATORS = set(',"')  # client and server read a list of hosts and of folders
LONGEST_ADDRESS = 103  # bytes; Linux has 107, macOS 103


def folder(home: Path) -> Path:
    """Where the socket stands, or will stand after `prepare`."""
    run = home / "run"
    return run.readlink() if run.is_symlink() else run


def prepare(home: Path) -> Path:
    run = home / "run"
    if len(os.fsencode(run / f".s.PGSQL.{PORT}")) <= LONGEST_ADDRESS and not SEPARATORS & set(str(run)):
        run.mkdir(mode=0o700, exist_ok=True)
    elif not is_private(folder(home)):
        run.unlink(missing_ok=True)
        run.symlink_to(tempfile.mkdtemp(prefix="gatepost-", dir="/tmp"))  # $TMPDIR may be long too
    return folder(home)


def forget(home: Path) -> None:
    """Leave nothing behind in the temporary directory once the server has stopped."""
    run = home / "run"
    if run.is_symlink():
        short = run.readlink()
        run.unlink()
        if short.is_dir() and not any(short.iterdir()):
            short.rmdir()


def is_private(path: Path) -> bool:
    """Ours alone: the temporary directory is everybody's, and a cleaned-up name is free for anyone to take."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077

"""`manage.py logs`: the end of what web, worker, preparation and PostgreSQL have written; -f follows."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from config.home import default_home
from config.processes import tail


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py logs", description="Show the logs of `up`.")
    parser.add_argument("names", nargs="*", help="web, worker, postgres, prepare; all of them by default")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("-n", "--lines", type=int, default=20, help="how many lines of each")
    parser.add_argument("--home", type=Path, default=default_home(), help="data folder, ./var by default")
    given = parser.parse_args(arguments)
    logs = sorted((given.home / "logs").glob("*.log"))
    chosen = [log for log in logs if not given.names or log.stem in given.names]
    if not chosen:
        known = ", ".join(log.stem for log in logs) or "none yet; run: python3 manage.py up"
        sys.stderr.write(f"No such log in {given.home / 'logs'}. There are: {known}\n")
        return 1
    sizes = {log: log.stat().st_size for log in chosen}
    for log in chosen:
        show(log, tail(log, given.lines))
    with suppress(KeyboardInterrupt):
        while given.follow:
            time.sleep(0.3)
            sizes = {log: follow(log, since) for log, since in sizes.items()}
    return 0


def follow(log: Path, since: int) -> int:
    """Show what has come after byte `since`; return where to go on. A new start may have rotated the file."""
    size = log.stat().st_size if log.exists() else 0
    if size != since and size:
        with log.open("rb") as file:
            file.seek(since if size > since else 0)
            show(log, file.read(size - since if size > since else size).decode(errors="replace"))
    return size


def show(log: Path, text: str) -> None:
    for line in text.splitlines():
        sys.stdout.write(f"{log.stem:<9}| {line}\n")
    sys.stdout.flush()

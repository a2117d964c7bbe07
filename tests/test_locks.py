"""The locks prove what is installed and name no host: every machine uses its own package index."""

import re
import shutil
import subprocess
from pathlib import PurePath

import pytest

from config.home import CHECKOUT

FORBIDDEN = ("://", "--index-url", "-i ", "--extra-index-url", "--find-links", "-f ", "--trusted-host")
ABSOLUTE_PATH = re.compile(r"(^|[\s@=\"'])(/|~/|[A-Za-z]:\\)")
PIN = re.compile(r"^[A-Za-z0-9._-]+(\[[^]]*\])?==[^\s;]+( ;.*)?$")


def faults(lock: str) -> list[str]:
    """What is wrong with the text of a lock, line by line."""
    lines = [line for line in lock.replace("\\\n", " ").splitlines() if line and not line.lstrip().startswith("#")]
    found = [f"names a host: {line}" for line in lock.splitlines() if any(word in line for word in FORBIDDEN)]
    found += [f"names a path: {line}" for line in lock.splitlines() if ABSOLUTE_PATH.search(line)]
    for line in lines:
        requirement, *hashes = line.split(" --hash=")
        if not PIN.match(requirement.strip()):
            found.append(f"is no pin: {requirement}")
        if not hashes or not all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes):
            found.append(f"has no hash: {requirement}")
    return found


def tracked_locks():
    """Those that git knows; in an unpacked archive, those at the top."""
    git = shutil.which("git")
    listing = [git, "ls-files"] if git and (CHECKOUT / ".git").exists() else ["/bin/ls"]
    names = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if re.search(r"(\.lock|requirements[^/]*\.txt)$", PurePath(name).name)]


def pins(name):
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", (CHECKOUT / name).read_text(), re.MULTILINE))


def test_there_are_exactly_the_two_locks():
    assert sorted(tracked_locks()) == ["requirements-dev.lock", "requirements.lock"]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_host_and_hashes_everything(name):
    assert faults((CHECKOUT / name).read_text()) == []


def test_the_development_lock_contains_the_product():
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


GOOD = f"django==5.2.19 ; python_version >= '3.11' \\\n    --hash=sha256:{'0' * 64}\n    # via gatepost\n"


def test_a_good_lock_has_no_faults():
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    "bad",
    [
        "--index-url https://packages.example.com/simple\n" + GOOD,
        "--find-links wheels\n" + GOOD,
        "--extra-index-url mirror\n" + GOOD,
        GOOD + f"thing @ file:///srv/thing.whl --hash=sha256:{'0' * 64}\n",
        GOOD + f"/srv/wheels/thing.whl --hash=sha256:{'0' * 64}\n",
        GOOD + f"# via -r /home/me/pyproject.toml\nthing==1 --hash=sha256:{'0' * 64}\n",
        GOOD + "thing==1.0\n",
        GOOD + f"thing>=1.0 --hash=sha256:{'0' * 64}\n",
        GOOD + "thing==1.0 --hash=md5:0\n",
    ],
)
def test_a_bad_lock_has_faults(bad):
    assert faults(bad)

"""The bootstrap in a copy of its own, offline: tiny wheels in a folder stand in for the real packages."""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from config import bootstrap
from config.home import CHECKOUT

COMMAND = """
import sys
from pathlib import Path
from config import bootstrap
bootstrap.ensure(Path(__file__).resolve().parent, sys.argv)
import django
print("django", django.VERSION, "in", sys.prefix)
"""
MODULES = sorted({name for names in bootstrap.TELLING.values() for name in names})


class Copy:
    """A checkout with nothing but the bootstrap, two locks and a command."""

    def __init__(self, folder):
        self.root = folder / "checkout"
        self.wheels = folder / "wheels"
        self.venv = self.root / ".venv"
        self.stamp = self.venv / "gatepost-stamp"
        (self.root / "config").mkdir(parents=True)
        self.wheels.mkdir()
        (self.root / "config" / "__init__.py").touch()
        shutil.copy(CHECKOUT / "config" / "bootstrap.py", self.root / "config")
        (self.root / "manage.py").write_text(COMMAND)
        self.lock("1.0")

    def lock(self, version):
        """Both locks pin every package at this version."""
        text = "".join(f"{name}=={version} --hash=sha256:{self.wheel(name, version)}\n" for name in MODULES)
        for name in (bootstrap.PRODUCT, bootstrap.DEVELOPMENT):
            (self.root / name).write_text(f"# {name}\n{text}")

    def wheel(self, name, version):
        module = name.replace("-", "_")
        path = self.wheels / f"{module}-{version}-py3-none-any.whl"
        if not path.exists():
            info = f"{module}-{version}.dist-info"
            with zipfile.ZipFile(path, "w") as wheel:
                wheel.writestr(f"{module}/__init__.py", f"VERSION = {version!r}\n")
                wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
                wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(f"{info}/RECORD", "")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def start(self, command="up", **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GATEPOST_", "PIP_"))}
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)}
        return subprocess.Popen(
            [sys.executable, "manage.py", command],
            cwd=self.root,
            env=clean | offline | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command="up", **environment):
        with self.start(command, **environment) as process:
            self.output = process.communicate()[0]
        self.code = process.returncode
        return self.output


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    copy = Copy(tmp_path_factory.mktemp("bootstrap"))
    copy.run()
    copy.first_output = copy.output
    return copy


@pytest.fixture
def copy(fresh):
    """Installed and settled, whatever the test before did to it."""
    fresh.lock("1.0")
    fresh.run()
    assert fresh.code == 0
    return fresh


def test_a_fresh_checkout_makes_its_environment_and_goes_on_inside(fresh):
    lines = fresh.first_output.splitlines()
    assert [line.split()[0] for line in lines] == ["Making", "Installing", "django"]
    assert lines[-1] == f"django 1.0 in {fresh.venv}"


def test_a_second_start_installs_nothing(copy):
    assert copy.run() == f"django 1.0 in {copy.venv}\n"


def test_a_changed_lock_is_installed(copy):
    copy.lock("2.0")
    assert "Installing" in copy.run()
    assert "django 2.0" in copy.output


def test_an_interrupted_installation_is_repeated(copy):
    copy.stamp.unlink()
    for left_over in copy.venv.glob("lib/*/site-packages/django*"):
        shutil.rmtree(left_over)
    assert "Installing" in copy.run()
    assert "django 1.0" in copy.output


def test_an_environment_of_another_python_is_made_anew(copy):
    copy.stamp.write_text("python-3.10.0\n")
    stray = copy.venv / "stray"
    stray.touch()
    assert "Making" in copy.run()
    assert not stray.exists()


def test_two_starts_at_once_install_once(copy):
    copy.stamp.unlink()
    both = [copy.start(), copy.start()]
    outputs = [process.communicate()[0] for process in both]
    assert sum("Installing" in output for output in outputs) == 1
    assert all("django 1.0" in output for output in outputs)


def test_what_was_installed_for_test_also_satisfies_up(copy):
    assert "Installing" in copy.run("test")
    assert "Installing" not in copy.run("up")
    assert "Installing" not in copy.run("test")


def test_a_wheel_that_is_not_the_locked_one_is_refused_with_the_command_to_repeat(copy):
    copy.lock("3.0")
    lock = copy.root / bootstrap.PRODUCT
    lock.write_text(re.sub("sha256:.{64}", f"sha256:{'0' * 64}", lock.read_text()))
    output = copy.run()
    assert copy.code == 1
    assert "-m pip install" in output.splitlines()[-1]
    assert not copy.stamp.exists()


def test_an_environment_with_the_locked_packages_is_used_as_it_is(copy, tmp_path):
    other = Copy(tmp_path)
    command = [copy.venv / "bin" / "python", "manage.py", "up"]
    done = subprocess.run(command, cwd=other.root, capture_output=True, text=True, check=True)
    assert done.stdout == f"django 1.0 in {copy.venv}\n"
    assert not other.venv.exists()


def test_a_forbidden_bootstrap_fails_plainly_and_makes_nothing(tmp_path):
    copy = Copy(tmp_path)
    assert "unset GATEPOST_NO_BOOTSTRAP" in copy.run(GATEPOST_NO_BOOTSTRAP="1")
    assert copy.code == 1
    assert not copy.venv.exists()


def in_bootstrap(code):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_a_python_without_venv_support_names_the_package_to_install(tmp_path):
    done = in_bootstrap(
        "import sys; sys.modules['ensurepip'] = None\nfrom pathlib import Path\nfrom config import bootstrap\n"
        f"bootstrap.make(Path({str(tmp_path)!r}) / '.venv', fresh=False)"
    )
    assert done.returncode == 1
    assert "-venv" in done.stderr


def test_an_old_python_is_told_so():
    done = in_bootstrap("import sys; sys.version_info = (3, 9, 2, 'final', 0)\nimport config.bootstrap")
    assert done.returncode == 1
    assert done.stderr == "Gatepost needs Python 3.11 or newer; this is 3.9.\n"


@pytest.mark.parametrize("name", ["manage.py", "config/__init__.py", "config/bootstrap.py"])
def test_an_old_python_can_read_what_tells_it_so(name):
    ast.parse((CHECKOUT / name).read_text(), feature_version=(3, 7))

"""The supervisor: order, readiness, one end for all, and nothing left behind. The children are small scripts."""

import os
import signal
import subprocess
import sys

import pytest

from config.home import CHECKOUT
from config.processes import command_line, wait_until
from config.supervisor import Child, supervise

SLEEPER = "import os, time; print('pid', os.getpid(), flush=True); print('ready', flush=True); time.sleep(600)"
PARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
time.sleep(600)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
)


@pytest.fixture
def child(tmp_path):
    def make(name, code, **options):
        options.setdefault("ready", lambda child: "ready" in child.output())
        return Child(name, [sys.executable, "-c", code], tmp_path / "logs" / f"{name}.log", dict(os.environ), **options)

    return make


def in_turn(*children):
    """A stage each."""
    return [[child] for child in children]


def raise_sigterm():
    os.kill(os.getpid(), signal.SIGTERM)


def pid_of(child):
    """What a sleeper says its pid is."""
    return int(child.log.read_text().split("pid ")[-1].split()[0])


def gone(pid):
    return wait_until(lambda: not command_line(pid), 10)


def test_each_child_starts_when_the_one_before_is_ready(child, tmp_path):
    first = child("first", f"import pathlib, time; pathlib.Path({str(tmp_path / 'mark')!r}).touch(); {SLEEPER}")
    second = child("second", f"import pathlib; assert pathlib.Path({str(tmp_path / 'mark')!r}).exists(); {SLEEPER}")
    assert supervise(in_turn(first, second), raise_sigterm) == 0
    assert "ready" in second.log.read_text()


def test_a_signal_ends_every_child_and_is_no_failure(child):
    children = [child("web", SLEEPER), child("worker", SLEEPER)]
    assert supervise([children], raise_sigterm) == 0
    assert all(gone(pid_of(each)) for each in children)


def test_a_child_that_ends_ends_the_others_and_is_named(child, capsys):
    web, worker = (
        child("web", SLEEPER),
        child("worker", "print('ready', flush=True); print('broken'); raise SystemExit(3)"),
    )
    assert supervise(in_turn(web, worker), lambda: None) == 1
    assert gone(pid_of(web))
    said = capsys.readouterr().err
    assert "worker ended with exit code 3" in said
    assert "broken" in said


def test_a_killed_child_leaves_no_children_of_its_own(child):
    worker = child("worker", PARENT)
    assert supervise(in_turn(worker), lambda: os.kill(worker.process.pid, signal.SIGKILL)) == 1
    assert gone(pid_of(worker))


def test_a_child_that_is_never_ready_ends_everything(child, capsys):
    web = child("web", SLEEPER, ready=lambda child: False, ready_within=0.5)
    assert supervise(in_turn(web), pytest.fail) == 1
    assert "web is not ready after" in capsys.readouterr().err
    assert gone(pid_of(web))


def test_preparation_runs_to_its_end_before_the_next_child(child):
    prepare = child("prepare", "print('done')", once=True)
    assert supervise(in_turn(prepare, child("web", SLEEPER)), raise_sigterm) == 0
    assert prepare.log.read_text() == "done\n"


def test_a_failed_preparation_is_reported_in_its_own_words_only(child, capsys):
    prepare = child("prepare", "import sys; sys.exit('Set A to B.')", once=True)
    assert supervise(in_turn(prepare, child("web", SLEEPER)), pytest.fail) == 1
    assert capsys.readouterr().err == "Set A to B.\n"


def test_a_signal_before_everything_is_ready_ends_what_has_started(child):
    web = child("web", SLEEPER)
    waiting = child("waiting", SLEEPER, ready=lambda child: raise_sigterm())
    assert supervise(in_turn(web, waiting), pytest.fail) == 130
    assert gone(pid_of(web))


def test_a_child_that_ignores_the_signal_is_killed_in_the_end(child):
    stubborn = child("stubborn", STUBBORN, stop_within=0.3)
    assert supervise(in_turn(stubborn), raise_sigterm) == 0
    assert stubborn.process.returncode == -signal.SIGKILL


def test_an_earlier_run_in_the_log_does_not_count_as_ready(child):
    web = child("web", SLEEPER)
    web.log.parent.mkdir()
    web.log.write_text("ready\n")
    web.start()
    assert wait_until(web.is_ready, 10)
    assert "pid" in web.output()
    web.process.kill()
    web.process.wait()


def test_killing_the_supervisor_leaves_nothing_running(tmp_path):
    code = f"""
import os, sys
from pathlib import Path
from config.supervisor import Child, supervise
logs = Path({str(tmp_path)!r})
ready = lambda child: "ready" in child.output()
supervise([[Child(name, [sys.executable, "-c", {SLEEPER!r}], logs / name, dict(os.environ), ready=ready)
            for name in ("web", "worker")]], lambda: print("up", flush=True))
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout.readline() == "up\n"
    pids = [int((tmp_path / name).read_text().split()[1]) for name in ("web", "worker")]
    assert all(command_line(pid) for pid in pids)
    supervisor.kill()
    supervisor.wait()
    supervisor.stdout.close()
    assert all(gone(pid) for pid in pids)

"""`manage.py up`: PostgreSQL, preparation, web and worker, supervised, until Ctrl-C."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from config.embedded.page import announce
from config.embedded.plan import Plan
from config.embedded.refusals import (
    RefusalError,
    refuse_missing_folder,
    refuse_open_http,
    refuse_taken_port,
    refuse_unreachable_database,
)
from config.embedded.services import stages
from config.home import HomeError, default_home, make_secret_keys, protect, refuse_exposed, write_private
from config.processes import wait_until
from config.runlock import RunLock
from config.supervisor import supervise

PORT_FREE_AFTER_CRASH = 15.0


def main(arguments: Sequence[str]) -> int:
    try:
        return run(read_plan(arguments))
    except (RefusalError, HomeError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def read_plan(arguments: Sequence[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start Gatepost and everything it needs.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="listen here; loopback by default")
    parser.add_argument("--home", type=Path, default=default_home(), help="data folder, ./var by default")
    parser.add_argument("--ready-file", type=Path, help="write the facts here, mode 0600, once everything answers")
    parser.add_argument("--no-demo", action="store_true", help="no demo catalog, people and tokens")
    parser.add_argument("--insecure", action="store_true", help="allow plain http beyond loopback")
    given = parser.parse_args(arguments)
    public_url = os.environ.get("GATEPOST_PUBLIC_URL", "").strip().rstrip("/")
    refuse_open_http(given.host, public_url, insecure=given.insecure)
    return Plan(
        host=given.host,
        port=given.port,
        home=given.home.absolute(),
        ready_file=given.ready_file.absolute() if given.ready_file else None,
        demo=not given.no_demo,
        insecure=given.insecure,
        base_url=public_url or f"http://localhost:{given.port}",
        database_url=os.environ.get("DATABASE_URL", "").strip(),
    )


def run(plan: Plan) -> int:
    """Everything that can be refused is refused before anything is made."""
    refuse_exposed(plan.home)
    refuse_missing_folder(plan.ready_file)
    lock = RunLock(plan.home / "up.lock")
    if plan.home.exists() and not lock.acquire(plan.base_url):
        return already_running(plan, lock)
    try:
        refuse_taken_port(plan, patience=PORT_FREE_AFTER_CRASH if lock.after_crash else 0)
        refuse_unreachable_database(plan.database_url)
        protect(plan.home)
        if not lock.held and not lock.acquire(plan.base_url):
            return already_running(plan, lock)
        make_secret_keys(plan.home)
        forget_readiness(plan)
        return supervise(stages(plan), lambda: announce(plan))
    finally:
        if lock.held:
            plan.ready_facts.unlink(missing_ok=True)
            lock.release()


def already_running(plan: Plan, lock: RunLock) -> int:
    sys.stdout.write(f"Gatepost is already running at {lock.holder()}\n")
    if plan.ready_file and wait_until(plan.ready_facts.exists, 60):
        write_private(plan.ready_file, plan.ready_facts.read_text())
    return 0


def forget_readiness(plan: Plan) -> None:
    """A script that waits for the file must not find the one of an earlier run."""
    plan.ready_facts.unlink(missing_ok=True)
    if plan.ready_file:
        plan.ready_file.unlink(missing_ok=True)

"""What `up` says once everything answers: a page for people, a file for scripts."""

import json
import os
import shlex
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from config.embedded.plan import Plan
from config.embedded.postgres import owner_url
from config.embedded.refusals import without_password
from config.home import CHECKOUT, default_home, write_private

READY_KEYS = (
    *("base_url", "account_id", "workspace_id", "sign_in_url", "mcp_urls", "admin_token", "member_token"),
    *("service_account", "public_client", "database_url", "demo_catalog"),
)


def announce(plan: Plan) -> None:
    facts = json.loads((plan.home / "facts.json").read_text())
    ready = json.dumps({key: facts.get(key) for key in READY_KEYS}, indent=2) + "\n"
    write_private(plan.ready_facts, ready)
    sys.stdout.write(page(plan, facts))
    sys.stdout.flush()
    if plan.ready_file:
        write_private(plan.ready_file, ready)


def page(plan: Plan, facts: Mapping[str, Any]) -> str:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    home = f"./{plan.home.relative_to(Path.cwd())}" if plan.home.is_relative_to(Path.cwd()) else str(plan.home)
    endpoint = (facts.get("mcp_urls") or {}).get("functions")
    sign_in = facts.get("sign_in_url")
    rows = {
        "Console": facts["base_url"],
        "Sign in": f"{sign_in}   one use, 30 minutes" if sign_in else None,
        "MCP": endpoint,
        "Database": database_line(plan),
        "Data": home,
        "Note": "running as root" if os.geteuid() == 0 else None,
    }
    lines = [f"Gatepost {project['version']}", *(f"  {name:<12}{value}" for name, value in rows.items() if value)]
    if endpoint and (plan.home / "demo-token").exists():
        lines += ["", f"  Try:  {curl(endpoint, f'{home}/demo-token')}"]
    logs = "python3 manage.py logs" + ("" if plan.home == default_home() else f" --home {shlex.quote(home)}")
    return "\n".join([*lines, "", f"  Stop with Ctrl-C. Logs: {logs}", ""])


def database_line(plan: Plan) -> str:
    with psycopg.connect(plan.database_url or owner_url(plan.home)) as connection:
        version = connection.execute("SELECT split_part(current_setting('server_version'), ' ', 1)").fetchone()
    name = f"PostgreSQL {version[0] if version else ''}"
    return f"{name} at {without_password(plan.database_url)}" if plan.database_url else f"embedded {name}"


def curl(endpoint: str, token_file: str) -> str:
    """The token stays in its file: neither the terminal nor the shell's history sees it."""
    headers = ("Content-Type: application/json", "Accept: application/json, text/event-stream")
    revision = "MCP-Protocol-Version: 2025-11-25"
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, separators=(",", ":"))
    options = " ".join(f"-H {shlex.quote(header)}" for header in (*headers, revision))
    bearer = f'"Authorization: Bearer $(cat {shlex.quote(token_file)})"'
    return f"curl -sS {shlex.quote(endpoint)} -H {bearer} {options} -d {shlex.quote(body)}"

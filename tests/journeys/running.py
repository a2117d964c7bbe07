"""A whole Gatepost, started with `manage.py up`, and what a journey needs to watch it."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg

from accounts import secrets
from config import seed
from tests.live import free_port
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]


class Gatepost:
    """The facts of the ready file, requests with them, and the audit records that they leave."""

    def __init__(self, facts: dict[str, Any], environment: dict[str, str]) -> None:
        self.facts = facts
        self.environment = environment
        self.home = Path(environment["GATEPOST_HOME"])
        self.source = ROOT
        self.base = facts["base_url"]
        self.functions = facts["mcp_urls"]["functions"]
        self.account = f"{self.base}/api/2.0/accounts/{facts['account_id']}"
        self.database = psycopg.connect(facts["database_url"], autocommit=True)

    def answer(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request as it is and return what comes back, refusals too."""
        return httpx2.request(method, self.base + path, timeout=30, **options)

    def api(self, method: str, path: str, *, token: str | None = None, **options: Any) -> Any:
        """Call the REST API as the admin (or with another token) and return the JSON; refusals raise."""
        headers = {"Authorization": f"Bearer {token or self.facts['admin_token']}"}
        url = path if path.startswith("http") else self.base + path
        answer = httpx2.request(method, url, headers=headers, timeout=30, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def rpc(self, method: str, params: dict[str, Any] | None = None, *, token: str | None, **options: Any) -> Any:
        """Post one legacy JSON-RPC request to an MCP URL (`url`, `base`) and return the HTTP answer."""
        url = options.pop("url", self.functions).replace(self.base, options.pop("base", self.base))
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        body = options.pop("json", {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}})
        return httpx2.post(url, headers=headers, json=body, timeout=30, **options)

    def token(self, **fields: Any) -> tuple[str, str]:
        """Make a PAT of the admin. Returns its value and its id."""
        made = self.api("POST", "/api/2.0/token/create", json={"lifetime_seconds": 3600, **fields})
        return made["token_value"], made["token_info"]["token_id"]

    def writing_token(self) -> str:
        """Give the admin a PAT with mcp.write, as the console would: no token of the demo may mint that scope."""
        raw = secrets.make(secrets.Prefix.PERSONAL_ACCESS_TOKEN)
        self.database.execute(
            """INSERT INTO accounts_personalaccesstoken (token_id, owner_id, digest, last_four, comment, scopes,
                   resources, ip_allowlist, created_at, created_by, expires_at)
               SELECT %s, id, %s, '', 'journey', '{mcp.functions,mcp.sql,mcp.write}', '{}', '{}', now(), id, now() + '1 hour'
                 FROM accounts_user WHERE email = 'admin@demo.example'""",
            (uuid.uuid4().hex * 2, secrets.digest(raw)),
        )
        return raw

    def set_active(self, kind: str, principal: str, *, active: bool) -> None:
        """Switch a principal (its SCIM kind and id) on or off."""
        operation = {"op": "replace", "value": {"active": active}}
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        self.api("PATCH", f"/api/2.0/preview/scim/v2/{kind}/{principal}", json=body)

    def member(self) -> str:
        """Return the SCIM id of the demo member."""
        query = {"filter": 'userName eq "member@demo.example"'}
        return self.api("GET", "/api/2.0/preview/scim/v2/Users", params=query)["Resources"][0]["id"]

    def mark(self) -> int:
        """Return the id of the newest audit record."""
        return self.database.execute("SELECT coalesce(max(id), 0) FROM audit_auditevent").fetchone()[0]

    def records(self, since: int, action: str = "mcp.%") -> list[tuple[str, str, str]]:
        """Return (action, outcome, reason) of the records after a mark, oldest first."""
        return self.database.execute(
            "SELECT action, outcome, reason FROM audit_auditevent WHERE id > %s AND action LIKE %s ORDER BY id",
            (since, action),
        ).fetchall()


@contextmanager
def up(folder: Path) -> Iterator[Gatepost]:
    """Run `manage.py up` in a home of its own. With DATABASE_URL it gets a database of its own there."""
    ready = folder / "ready.json"
    with _database() as environment:
        arguments = ["--home", str(folder / "home"), "--port", str(free_port()), "--ready-file", str(ready)]
        with (folder / "up.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        try:
            until(lambda: ready.exists() or process.poll() is not None, limit=120)
            assert ready.exists(), (folder / "up.log").read_text()
            environment |= {"GATEPOST_HOME": str(folder / "home")}
            gatepost = Gatepost(json.loads(ready.read_text()), environment)
            yield gatepost
            gatepost.database.close()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """The embedded database of the home, unless the tests were given a server of their own."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "GATEPOST_HOME"}}
    given = os.environ.get("DATABASE_URL")
    if not given or os.environ.get("GATEPOST_TEST_SUPERUSER_URL"):
        yield environment
        return
    name = f"test_up_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as admin:
        _drop(admin, name)
        admin.execute(f'CREATE DATABASE "{name}"')
        try:
            head, _, tail = given.rpartition("/")
            yield environment | {"DATABASE_URL": f"{head}/{name}{tail[tail.index('?') :] if '?' in tail else ''}"}
        finally:
            _drop(admin, name)


def _drop(admin: psycopg.Connection, name: str) -> None:
    """Leave nothing of `up` and its demo on the server."""
    for database in (name, seed.DATABASE):
        admin.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    for role in (seed.LOGIN_ROLE, f"{seed.LOGIN_ROLE}_creator", f"{seed.LOGIN_ROLE}_owner"):
        admin.execute(f'DROP ROLE IF EXISTS "{role}"')


@contextmanager
def second_web(gatepost: Gatepost) -> Iterator[str]:
    """Run another web process on the same database and yield its base URL."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--log-level", "warning"],
        cwd=ROOT,
        env=gatepost.environment | {"GATEPOST_PUBLIC_URL": gatepost.base},
    )
    base = gatepost.base.rsplit(":", 1)[0] + f":{port}"
    try:
        until(lambda: _answers(base), limit=30)
        yield base
    finally:
        process.terminate()
        process.wait(30)


def _answers(base: str) -> bool:
    try:
        return httpx2.get(f"{base}/readyz").is_success
    except httpx2.TransportError:
        return False

"""O14 of oauth.md 9: after the other journeys, and after tokens in every wrong place, no log holds a secret."""

import re

import httpx2

from accounts import secrets
from accounts.secrets import Prefix
from tests.requirements import requirement

HOLDS_A_SECRET = re.compile("|".join(Prefix))


@requirement("O14-logs")
def test_o14_after_a_full_run_no_log_holds_a_token(gatepost):
    made = [gatepost.token()[0], *(secrets.make(prefix) for prefix in Prefix)]
    with httpx2.Client(base_url=gatepost.base, timeout=30) as client:
        for raw in made:
            bearer = {"Authorization": f"Bearer {raw}", "User-Agent": raw, "Referer": f"{gatepost.base}/?t={raw}"}
            client.post(gatepost.functions, headers=bearer, json={"jsonrpc": "2.0", "id": raw, "method": raw})
            client.get(f"{gatepost.functions}?access_token={raw}")
            client.get(f"/oidc/v1/authorize?access_token={raw}&state={raw}")
            client.post("/oidc/v1/token", data={"grant_type": raw, "code": raw, "refresh_token": raw})
            client.get(f"/first-run/{raw}")
            client.get(f"/api/2.0/{raw}", headers=bearer)
    logs = sorted((gatepost.home / "logs").glob("*.log*"))
    assert {"web.log", "worker.log"} <= {log.name for log in logs}
    assert [log.name for log in logs if HOLDS_A_SECRET.search(log.read_text(errors="replace"))] == []

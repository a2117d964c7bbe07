"""config.logs, in the processes that write the logs: uvicorn with its access log, and a Celery worker."""

import logging
import os
import re
import subprocess
import sys

import httpx2
import pytest

from accounts import links, secrets, tokens
from accounts.secrets import Prefix
from audit.event import NOBODY
from tests.live import database_url, web
from tests.requirements import requirement
from tests.waiting import until

LOUD = ("--log-level", "trace", "--access-log")
HOLDS_A_SECRET = re.compile("|".join(Prefix))
_SEND = "from config.celery import app; app.send_task({name!r}, args=[{name!r}], ignore_result=True)"


@pytest.mark.parametrize("prefix", list(Prefix))
def test_a_secret_of_every_kind_is_taken_out_of_message_arguments_and_traceback(prefix, caplog):
    raw = secrets.make(prefix)
    logger = logging.getLogger("any.library")
    logger.error("said %s in %d ms", f"/first-run/{raw}?a=1", 7)
    logger.error(f"said {raw}")
    logger.error("%(who)s %(found)r", {"who": "bob", "found": [raw]})
    try:
        raise ValueError(raw)
    except ValueError as error:
        logger.exception(error)
    assert raw[:20] not in caplog.text
    assert not HOLDS_A_SECRET.search(caplog.text)
    assert "said /first-run/[secret]?a=1 in 7 ms" in caplog.text
    assert "ValueError: [secret]" in caplog.text


@requirement("O14-logs")
@pytest.mark.django_db(transaction=True)
def test_a_web_process_that_logs_everything_logs_no_secret(alice):
    raw = tokens.create(alice, by=NOBODY)[1]
    link = links.make(alice, minutes=5)
    made = {prefix: secrets.make(prefix) for prefix in Prefix}
    with web({"GATEPOST_LOG_LEVEL": "DEBUG"}, LOUD) as server, httpx2.Client(base_url=server.base_url) as client:
        client.get(f"/first-run/{link}")
        for value in (raw, *made.values()):
            client.get("/api/2.0/token/list", headers={"Authorization": f"Bearer {value}"})
            client.get(f"/api/2.0/mcp/sql/demo?access_token={value}", headers={"Authorization": f"Bearer {value}"})
            client.get(f"/{value}")
        code = {"grant_type": "authorization_code", "code": made[Prefix.AUTHORIZATION_CODE], "client_id": "x"}
        client.post("/oidc/v1/token", data=code)
        client.post("/oidc/v1/revoke", data={"token": made[Prefix.REFRESH_TOKEN], "client_id": "x"})
        written = server.stop()
    assert "/first-run/[secret]" in written  # the access log was on
    assert "/api/2.0/token/list" in written
    assert not HOLDS_A_SECRET.search(written)


@requirement("O14-logs")
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_cannot_read_a_message_logs_no_secret(tmp_path):
    (tmp_path / "queue").mkdir()
    env = os.environ | {"DATABASE_URL": database_url(), "GATEPOST_HOME": str(tmp_path), "GATEPOST_LOG_LEVEL": "DEBUG"}
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-P", "threads", "-c", "1"]
    log = tmp_path / "worker.log"
    with log.open("w") as output:
        worker = subprocess.Popen([*command, "--loglevel", "DEBUG"], env=env, stdout=output, stderr=output)
    try:
        send = _SEND.format(name=secrets.make(Prefix.ACCESS_TOKEN))
        subprocess.run([sys.executable, "-c", send], env=env, check=True, timeout=60)
        until(lambda: "Received unregistered task" in log.read_text(), limit=60)
    finally:
        worker.terminate()
        worker.wait(30)
    assert "[secret]" in log.read_text()
    assert not HOLDS_A_SECRET.search(log.read_text())

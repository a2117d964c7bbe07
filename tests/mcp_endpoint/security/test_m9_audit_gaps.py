"""M9 of mcp.md 7: whatever happens to the process or its database, no answer is without its record."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from signal import SIGKILL

import httpx2
import orjson
import psycopg
import pytest

from audit.models import AuditEvent
from catalog.models import Routine
from tests import live
from tests.catalog.conftest import as_admin
from tests.mcp_endpoint.conftest import SHOP
from tests.mcp_endpoint.doors import headers_for, message, send
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def call(name, arguments, identity=1):
    return message("tools/call", {"name": f"demo__shop__{name}", "arguments": arguments}, identity)


def outcomes():
    return list(AuditEvent.objects.filter(action="mcp.tools/call").order_by("id").values_list("outcome", flat=True))


@requirement("M9-killed")
def test_m9_every_answer_that_left_before_the_process_was_killed_is_on_record_once(own_world, own_web):
    answered = []

    def keep_calling(start):
        value = call("add", {"a": 0})
        headers = headers_for(value, own_world.tokens["bob"], Host=None)
        with suppress(httpx2.TransportError), httpx2.Client(headers=headers, timeout=20) as client:
            for number in range(start, start + 10_000):
                client.post(own_web.base_url + SHOP, json=call("add", {"a": number}, number)).raise_for_status()
                answered.append(number)

    with ThreadPoolExecutor(8) as pool:
        for start in range(0, 80_000, 10_000):
            pool.submit(keep_calling, start)
        until(lambda: len(answered) > 200, limit=20)
        own_web.process.send_signal(SIGKILL)
    own_web.process.wait(20)
    records = AuditEvent.objects.filter(action="mcp.tools/call").values_list("parameters", "outcome")
    recorded = [parameters["arguments"]["a"] for parameters, outcome in records if outcome == "allowed"]
    assert len(recorded) == len(records) == len(set(recorded))
    assert set(answered) <= set(recorded)


@requirement("M9-killed")
def test_m9_a_write_that_was_running_when_the_process_was_killed_left_its_attempt(own_world):
    Routine.objects.filter(name="sleep").update(writes=True)
    with live.web() as web, ThreadPoolExecutor(1) as pool:
        future = pool.submit(send, web, call("sleep", {"seconds": 25}), own_world.tokens["alice"])
        until(lambda: outcomes() == ["attempt"], limit=10)
        web.process.send_signal(SIGKILL)
        assert isinstance(future.exception(20), OSError)
        web.process.wait(20)
    assert outcomes() == ["attempt"]


@requirement("M9-no-record")
def test_m9_while_the_audit_table_cannot_be_written_there_is_no_answer_and_no_write(own_world, own_web, workshop):
    def status(value, who):
        answer, headers, body = send(own_web, value, own_world.tokens.get(who))
        if answer == 200:
            answered.append(headers["x-request-id"])
        assert b"rows" not in body or answer == 200
        return answer, headers.get("retry-after")

    answered = []
    assert status(call("add", {"a": 1}), "bob") == (200, None)
    with psycopg.connect(live.database_url()) as blocker:
        blocker.execute("LOCK TABLE audit_auditevent IN SHARE MODE")
        assert status(call("add", {"a": 1}), "bob") == (503, "1")
        assert status(call("count_up", {"n": 4712}), "alice") == (503, "1")
        assert status(call("add", {"a": 1}), None) == (503, "1")
    assert status(call("add", {"a": 1}), "bob") == (200, None)
    records = AuditEvent.objects.exclude(outcome="attempt").values_list("request_id", flat=True)
    assert len(records) == len(set(records))  # a batch that the lock held up may be committed late, but never twice
    assert len(answered) == len(set(answered) & set(records)) == 2
    with as_admin(workshop.database) as owner:
        assert owner.execute("SELECT count(*) FROM shop.counter WHERE n = 4712").fetchone() == (0,)


@requirement("M9-newlines")
def test_m9_line_breaks_make_neither_a_second_record_nor_a_second_line(own_world):
    forged = "x\r\n2030-01-01 00:00:00 INFO forged allowed\n"
    with live.web({"GATEPOST_LOG_LEVEL": "DEBUG"}) as web:
        named = message("tools/call", {"name": forged, "arguments": {forged: forged}}, forged)
        _, _, body = send(web, named, own_world.tokens["bob"], **{"User-Agent": "x\t2030-01-01 forged"})
        assert orjson.loads(body)["id"] == forged
        send(web, call("same_texts", {"v": [forged]}), own_world.tokens["bob"])
        send(web, message(forged), own_world.tokens["bob"])
        log = web.stop()
    assert not [line for line in log.splitlines() if line.startswith(("2030", "forged"))]
    assert outcomes() == ["denied", "allowed"]
    record = AuditEvent.objects.filter(action="mcp.tools/call").latest("id")
    assert record.parameters["arguments"] == {"v": [forged]}

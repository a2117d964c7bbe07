"""O10 of oauth.md 9: ten thousand registrations over HTTP, from a thousand addresses at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import pytest
from django.utils import timezone

from audit.models import AuditEvent
from connections import policy, tasks
from connections.models import AppIntegration
from connections.oauth import register
from jobs.outbox import Work
from tests import live
from tests.connections.conftest import BY
from tests.connections.test_registration import BODY, REGISTER
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
ATTEMPTS, ADDRESSES, AT_ONCE = 10_000, 1_000, 8


@requirement("O10-attempts", "O10-unused", "AS-REGISTER-LIMITS")
def test_o10_of_ten_thousand_attempts_a_hundred_come_in_and_are_gone_when_nobody_uses_them():
    policy.change(by=BY, client_registration="open")

    def attempt(worker):
        answers = Counter()
        with httpx2.Client(base_url=web.base_url, timeout=60) as client:
            for number in range(worker, ATTEMPTS, AT_ONCE):
                address = number % ADDRESSES
                headers = {"X-Forwarded-For": f"198.18.{address // 250}.{address % 250}"}
                answer = client.post(REGISTER, json={**BODY, "client_name": f"Desk {number}"}, headers=headers)
                assert answer.status_code == 201 or 0 < int(answer.headers["Retry-After"]) <= 3600
                answers[answer.status_code] += 1
        return answers

    with live.web({"GATEPOST_TRUSTED_PROXIES": "127.0.0.1"}) as web, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = sum(pool.map(attempt, range(AT_ONCE)), Counter())
    assert answers == {201: register.IN_ALL, 429: ATTEMPTS - register.IN_ALL}
    assert AppIntegration.objects.count() == register.IN_ALL
    assert AuditEvent.objects.filter(action="client.register", outcome="denied").count() <= 1 + ADDRESSES
    AppIntegration.objects.update(created=timezone.now() - timedelta(hours=25))
    tasks.expire_clients(Work("", "connections.expire_clients", "", {}, 1))
    assert not AppIntegration.objects.exists()

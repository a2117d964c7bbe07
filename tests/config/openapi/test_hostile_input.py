"""No input of any operation makes a 5xx or an answer that the document does not describe. By schemathesis, as an admin."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings

from accounts.models import Account
from config.wsgi import application
from connections.api.authentication import GrantAuthentication
from tests.accounts.api.conftest import ALL, grant_of

WANTED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
NOWHERE = {"host": "127.0.0.1", "port": 1}
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)
schema.config.phases.coverage.enabled = False


@pytest.fixture
def admin(alice, monkeypatch):
    alice.is_auditor = True
    grant = grant_of(alice, *ALL)
    monkeypatch.setattr(GrantAuthentication, "authenticate", lambda _self, _request: (grant.principal, grant))
    for signal in (request_started, request_finished):  # they close the connection that holds the test's transaction
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@schema.parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_input_makes_a_5xx_or_an_undescribed_answer(case, admin):
    if isinstance(case.body, dict) and "host" in case.body:
        case.body |= NOWHERE  # a database that is not there is refused at once; no name of a host is looked up
    if "account_id" in (case.path_parameters or {}):
        case.path_parameters["account_id"] = str(Account.load().account_id)  # else nothing but 404 is seen
    case.call_and_validate(checks=[schemathesis.checks.CHECKS.get_one(name) for name in WANTED])

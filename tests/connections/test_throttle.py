"""oauth.md 8: failures at the token endpoint are limited for a client at an address, for all processes together."""

from datetime import timedelta

import httpx2
import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from audit.models import AuditEvent
from connections.models import TokenRequests
from tests.connections.conftest import SALES
from tests.live import web
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guess(http, public_app):
    def guess(client_id=public_app.client_id, **options):
        form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": "gp_rt_wrong"}
        return http.post("/oidc/v1/token", data=form, **options)

    return guess


def a_moment_passes(**ago):
    TokenRequests.objects.update(last_at=timezone.now() - timedelta(**ago))


@requirement("AS-LIMIT-TOKEN")
def test_after_ten_failures_one_request_a_second_is_heard(guess):
    assert {guess().status_code for _ in range(10)} == {400}
    refused = guess()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert AuditEvent.objects.filter(action="oauth.token").count() == 10
    a_moment_passes(seconds=1)
    assert guess().status_code == 400
    assert guess().status_code == 429


def test_a_new_minute_begins_anew(guess):
    for _ in range(10):
        guess()
    TokenRequests.objects.update(since=timezone.now() - timedelta(minutes=1))
    assert {guess().status_code for _ in range(10)} == {400}
    assert guess().status_code == 429


def test_another_client_is_heard(guess, confidential_app):
    for _ in range(11):
        guess()
    basic = (confidential_app.client_id, confidential_app.secret)
    assert guess(client_id=confidential_app.client_id, auth=basic).status_code == 400


def test_successes_are_no_failures(settings, token, authorize, bob, public_app):
    settings.GATEPOST_TOKEN_FAILURES_PER_MINUTE = 1
    assert {token(authorize(bob, public_app)).status_code for _ in range(3)} == {200}


@requirement("AS-LIMIT-SUCCESSES")
def test_so_many_successes_a_minute_and_then_the_client_waits(settings, token, http, authorize, bob, public_app):
    settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE = 2
    assert {token(authorize(bob, public_app)).status_code for _ in range(2)} == {200}
    form = authorize(bob, public_app)
    refused = http.post("/oidc/v1/token", data=form)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["Access-Control-Expose-Headers"] == "WWW-Authenticate, Retry-After"
    TokenRequests.objects.update(since=timezone.now() - timedelta(minutes=1))
    assert token(form).status_code == 200


def test_failures_of_others_use_up_no_budget(settings, guess, token, authorize, bob, public_app):
    settings.GATEPOST_TOKEN_REQUESTS_PER_MINUTE = 2
    for _ in range(3):
        guess()
    assert token(authorize(bob, public_app)).status_code == 200


@requirement("AS-LIMIT-SHARED")
def test_two_processes_count_together(guess, public_app, bob):
    with web() as second:
        form = {"grant_type": "refresh_token", "client_id": public_app.client_id, "refresh_token": "gp_rt_wrong"}
        ours = [guess().status_code for _ in range(5)]
        theirs = [httpx2.post(f"{second.base_url}/oidc/v1/token", data=form).status_code for _ in range(5)]
        assert {*ours, *theirs} == {400}
        assert guess().status_code == 429
        assert httpx2.post(f"{second.base_url}/oidc/v1/token", data=form).status_code == 429


@requirement("AS-LIMIT-METADATA")
def test_metadata_has_a_limit_for_an_address(settings, http):
    settings.GATEPOST_METADATA_REQUESTS_PER_MINUTE = 2
    path = "/.well-known/oauth-authorization-server"
    assert [http.get(path).status_code for _ in range(3)] == [200, 200, 429]
    of_an_mcp_url = http.get(f"/.well-known/oauth-protected-resource{SALES}")
    assert (of_an_mcp_url.status_code, of_an_mcp_url.headers["Access-Control-Allow-Origin"]) == (429, "*")
    assert 0 < int(of_an_mcp_url.headers["Retry-After"]) <= 60


@requirement("AS-LIMIT-METADATA")
def test_documents_of_mcp_urls_use_up_the_same_limit(settings, http):
    settings.GATEPOST_METADATA_REQUESTS_PER_MINUTE = 2
    path = f"/.well-known/oauth-protected-resource{SALES}"
    assert [http.get(path).status_code for _ in range(2)] == [200, 200]
    assert http.get("/.well-known/oauth-authorization-server").status_code == 429


def test_what_the_sdk_reads_first_has_no_limit(settings, http):
    """rest-api.md 2.1: the SDK would spend its whole retry budget on it."""
    settings.GATEPOST_METADATA_REQUESTS_PER_MINUTE = 1
    assert {http.get("/.well-known/databricks-config").status_code for _ in range(3)} == {200}


def test_sign_in_attempts_are_counted_in_the_database(settings):
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    cache.set("attempts", [1, 2])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_cache WHERE cache_key LIKE '%%attempts'")
        assert cursor.fetchone() == (1,)

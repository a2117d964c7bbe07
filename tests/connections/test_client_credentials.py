"""RFC 6749 4.4: tokens of service accounts, by plain HTTP and by the unmodified databricks-sdk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import httpx2
import pytest
from databricks.sdk.core import Config
from django.db import connection, transaction
from django.utils import timezone

from accounts import activation, secrets
from accounts.models import ServiceAccountSecret
from audit import event_loop
from audit.event import NOBODY
from catalog.models import Catalog, Privilege
from connections.errors import InvalidToken
from connections.models import AccessToken, AppIntegration
from connections.tokens import verify
from tests.connections.conftest import SALES, is_refused
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
LATCH = (
    7_523  # an advisory lock: whoever holds it keeps a token, whose account was found to be active, from being stored
)


@pytest.fixture
def add_secret(etl):
    def add(scopes=(), days=1):
        raw = secrets.make(secrets.Prefix.SERVICE_ACCOUNT_SECRET)
        ServiceAccountSecret.objects.create(
            service_account=etl,
            digest=secrets.digest(raw),
            last_four=raw[-4:],
            scopes=list(scopes),
            created_by=1,
            expires_at=timezone.now() + timedelta(days=days),
        )
        return raw

    return add


@pytest.fixture
def form(etl, add_secret):
    return {
        "grant_type": "client_credentials",
        "client_id": str(etl.application_id),
        "client_secret": add_secret(),
    }


@requirement("AS-SERVICE-ACCOUNT")
def test_a_service_account_gets_a_token_for_one_hour_bound_to_its_secret(token, form, etl):
    answer = token(form).json()
    assert set(answer) == {"access_token", "token_type", "expires_in", "scope"}
    assert (answer["expires_in"], answer["scope"]) == (3600, "all-apis")
    stored = AccessToken.objects.get()
    assert (stored.user, stored.audience, stored.session, stored.secret) == (etl, "/", None, etl.secrets.get())


@requirement("AS-SERVICE-ACCOUNT")
def test_no_token_outlives_its_secret(token, form, etl):
    etl.secrets.update(expires_at=timezone.now() + timedelta(minutes=10))
    assert 590 <= token(form).json()["expires_in"] <= 600


def test_one_client_row_is_made_at_first_use(token, form, etl):
    token(form)
    token(form)
    assert AppIntegration.objects.get().service_account == etl


@requirement("AS-SERVICE-ACCOUNT")
def test_the_scopes_of_the_secret_bind(token, form, add_secret):
    bound = {**form, "client_secret": add_secret(scopes=["unity-catalog"])}
    assert token(bound).json()["scope"] == "unity-catalog"
    assert token({**bound, "scope": "mcp.functions"}).json()["scope"] == "mcp.functions"
    is_refused(token({**bound, "scope": "all-apis"}), "invalid_scope", "scope_beyond_client")
    is_refused(token({**form, "scope": "mcp.write"}), "invalid_scope", "scope_beyond_client")


@requirement("AS-RESOURCE-BOUND")
def test_a_resource_binds_the_token(server, token, form, etl):
    demo = Catalog.objects.create(name="demo", host="h", database="d", user="u", password_sealed=b"")
    is_refused(token({**form, "resource": f"{server}{SALES}"}), "invalid_target", "resource_not_visible")
    Privilege.objects.create(user=etl, action="USE_CATALOG", securable="catalog", catalog=demo)
    token({**form, "resource": f"{server}{SALES}"})
    assert AccessToken.objects.get().audience == SALES
    is_refused(token({**form, "resource": f"{server}/nowhere"}), "invalid_target", "unknown_resource")


@requirement("AS-RESOURCE-ORIGIN")
def test_the_origin_as_resource_is_every_mcp_url_but_not_the_rest_api(server, token, form):
    token({**form, "resource": server})
    assert AccessToken.objects.get().audience == "/api/2.0/mcp"


def test_a_disabled_service_account_gets_none(token, form, etl):
    etl.is_active = False
    etl.save()
    is_refused(token(form), "invalid_client", "principal_disabled", status=401)


@requirement("AS-DEACTIVATION")
def test_no_token_outlives_a_deactivation_that_came_while_it_was_made(form, etl, live_server, latch):
    """The account is found to be active; then it is switched off and on again; then the token is stored."""
    url = f"{live_server.url}/oidc/v1/token"
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            hold_latch()
            answer = pool.submit(httpx2.post, url, data=form, timeout=30)
            until(is_latch_waited_for, limit=20)
            pool.submit(switch_off_and_on, etl).result(20)
        raw = answer.result(20).json()["access_token"]
    with pytest.raises(InvalidToken):
        event_loop.run(verify(raw, resource=None, address=None))


@requirement("AS-DEACTIVATION")
def test_an_account_that_is_deleted_while_its_token_is_made_gets_a_refusal_and_no_failure(
    form, etl, live_server, latch
):
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            hold_latch()
            answer = pool.submit(httpx2.post, f"{live_server.url}/oidc/v1/token", data=form, timeout=30)
            until(is_latch_waited_for, limit=20)
            pool.submit(remove, etl).result(20)
        refused = answer.result(20)
    is_refused(refused, "invalid_client", "deleted_meanwhile", status=401)
    assert not AccessToken.objects.exists()


def remove(account):
    try:
        activation.delete(account, by=NOBODY)
    finally:
        connection.close()


def switch_off_and_on(account):
    try:
        activation.set_active(account, False, by=NOBODY)
        activation.set_active(account, True, by=NOBODY)
    finally:
        connection.close()


@pytest.fixture
def latch(transactional_db):
    """Tokens are stored when nobody holds the latch."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE FUNCTION wait_for_latch() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_advisory_xact_lock_shared({LATCH}); RETURN NEW; END $$;
                CREATE TRIGGER latch BEFORE INSERT ON connections_accesstoken
                FOR EACH ROW EXECUTE FUNCTION wait_for_latch()"""
        )
        yield
        cursor.execute("DROP TRIGGER latch ON connections_accesstoken; DROP FUNCTION wait_for_latch()")


def hold_latch():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LATCH])


def is_latch_waited_for():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = %s", [LATCH]
        )
        return cursor.fetchone()[0] > 0


def test_an_expired_or_wrong_secret_is_refused(token, form, add_secret):
    is_refused(token({**form, "client_secret": add_secret(days=-1)}), "invalid_client", "unknown_client", status=401)
    is_refused(token({**form, "client_secret": "x"}), "invalid_client", "unknown_client", status=401)


def test_the_secret_of_another_account_is_refused(token, form, confidential_app):
    form["client_id"] = confidential_app.client_id
    is_refused(token(form), "invalid_client", "wrong_secret", status=401)


@requirement("AS-SERVICE-ACCOUNT-ONLY")
def test_an_app_integration_cannot_use_this_grant(token, confidential_app):
    form = {
        "grant_type": "client_credentials",
        "client_id": confidential_app.client_id,
        "client_secret": confidential_app.secret,
    }
    is_refused(token(form), "unauthorized_client", "unauthorized_client")


def test_the_sdk_gets_a_token_from_the_metadata_alone(server, form, token):
    config = Config(
        host=server, client_id=form["client_id"], client_secret=form["client_secret"], auth_type="oauth-m2m"
    )
    headers = config.authenticate()
    assert headers["Authorization"].startswith("Bearer gp_at_")
    assert AccessToken.objects.get().scope == "all-apis"


def test_a_token_takes_three_statements(token, form, django_assert_num_queries, client):
    token(form)
    with django_assert_num_queries(3):  # all that is stored is stored by one
        response = client.post("/oidc/v1/token", urlencode(form), content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200

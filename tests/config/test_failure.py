"""What everybody is told while the control database is away: 503 in their own form, never 500 and never a page for a client."""

import httpx2
import pytest

from connections import integrations, policy
from tests.connections.conftest import BY, CALLBACK
from tests.live import web
from tests.proxy import proxy
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
METADATA = "/.well-known/oauth-authorization-server"


@pytest.fixture
def app(transactional_db):
    policy.change(by=BY, client_registration="open")
    return integrations.create(by=BY, name="Nightly", redirect_urls=[CALLBACK], scopes=["all-apis"], confidential=True)


@pytest.fixture
def orphan(app):
    """A client of a web process that answered, and whose database then went away."""
    integration, secret = app
    with (
        proxy() as way,
        web({"DATABASE_URL": way.database_url, "GATEPOST_LOG_LEVEL": "CRITICAL"}) as process,
        httpx2.Client(base_url=process.base_url, timeout=30, auth=(integration.client_id, secret)) as client,
    ):
        assert client.post("/oidc/v1/introspect", data={"token": "x"}).json() == {"active": False}
        assert client.get(METADATA).status_code == 200
        way.cut()
        yield client


@requirement("AS-AWAY")
def test_every_oauth_endpoint_says_so_in_the_form_of_oauth_and_every_page_as_a_page(orphan):
    register = {"client_name": "Desk", "redirect_uris": [CALLBACK]}
    bearer = {"Authorization": "Bearer gp_rg_x"}
    for method, path, options in (
        ("POST", "/oidc/v1/token", {"data": {"grant_type": "client_credentials"}}),
        ("POST", "/oidc/v1/token", {"data": {}}),
        ("POST", "/oidc/v1/revoke", {"data": {"token": "x"}}),
        ("POST", "/oidc/v1/introspect", {"data": {"token": "gp_at_x"}}),
        ("POST", "/oidc/v1/device_authorization", {"data": {"scope": "all-apis"}}),
        ("POST", "/oidc/v1/register", {"json": register}),
        ("GET", METADATA, {}),
        ("GET", "/.well-known/databricks-config", {}),
    ):
        answer = orphan.request(method, path, **options)
        assert (path, answer.status_code, answer.json()["error"]) == (path, 503, "temporarily_unavailable")
        assert answer.json()["error_description"]
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for path in ("/device", "/oidc/v1/authorize?client_id=x", "/sign-in"):
        answer = orphan.get(path)
        assert (path, answer.status_code, "Retry-After" in answer.headers) == (path, 503, True)
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "Try again in a moment" in answer.text
    api = orphan.get("/api/2.0/token/list", headers=bearer)
    assert (api.status_code, api.json()["error_code"]) in {(401, "UNAUTHENTICATED"), (503, "TEMPORARILY_UNAVAILABLE")}
    assert orphan.get("/healthz").status_code == 200

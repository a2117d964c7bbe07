"""Apps, an HTTP client, and authorizations without the page (test_authorize.py clicks it)."""

import base64
import hashlib
import secrets as random
from datetime import timedelta
from types import SimpleNamespace

import httpx2
import pytest
from django.utils import timezone

from accounts import secrets
from accounts.models import User
from audit.event import By
from audit.models import AuditEvent
from connections import integrations
from connections.models import AuthorizationCode, Consent, Session

CALLBACK = "https://app.example.com/callback"
SALES = "/api/2.0/mcp/functions/demo/sales"
BY = By(principal_id=1, principal_name="alice@example.com")


@pytest.fixture
def server(live_server):
    return live_server.url


@pytest.fixture
def http(server):
    with httpx2.Client(base_url=server, follow_redirects=False, timeout=30) as client:
        yield client


@pytest.fixture
def public_app(transactional_db):
    return integrations.create(
        by=BY,
        name="Claude",
        redirect_urls=[CALLBACK, "http://127.0.0.1/callback"],
        scopes=["mcp.functions", "mcp.write", "offline_access"],
    )[0]


@pytest.fixture
def confidential_app(transactional_db):
    integration, secret = integrations.create(
        by=BY, name="Nightly", redirect_urls=[CALLBACK], scopes=["all-apis", "offline_access"], confidential=True
    )
    return SimpleNamespace(integration=integration, client_id=integration.client_id, secret=secret)


def verifier_and_challenge():
    verifier = random.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.fixture
def authorize():
    """Return a function that stores what the consent page would, and gives the form for the token endpoint."""

    def make(user, integration, scopes=("mcp.functions", "offline_access"), audience=SALES, **session):
        ends_at = timezone.now() + timedelta(days=30)
        consent = Consent.objects.create(
            user=user,
            integration=integration,
            requested_scopes=sorted(scopes),
            resource=audience,
            redirect_host="app.example.com",
            scopes=list(scopes),
            ends_at=ends_at,
        )
        stored = Session.objects.create(
            **{
                "user": user,
                "integration": integration,
                "consent": consent,
                "scopes": list(scopes),
                "audience": audience,
                "ends_at": ends_at,
                "principal_deactivated_at": User.objects.get(pk=user.pk).deactivated_at,
                **session,
            }
        )
        verifier, challenge = verifier_and_challenge()
        code = secrets.make(secrets.Prefix.AUTHORIZATION_CODE)
        AuthorizationCode.objects.create(
            code=secrets.digest(code).hex(),
            application=integration,
            user=user,
            session=stored,
            expires=timezone.now() + timedelta(seconds=60),
            redirect_uri=CALLBACK,
            code_challenge=challenge,
            code_challenge_method="S256",
        )
        return {
            "grant_type": "authorization_code",
            "client_id": integration.client_id,
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
        }

    return make


@pytest.fixture
def token(http):
    """Return a function that posts to the token endpoint and checks that it left exactly one record."""

    def post(form, **options):
        before = AuditEvent.objects.count()
        response = http.post("/oidc/v1/token", data=form, **options)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Type"] == "application/json"
        assert AuditEvent.objects.count() == before + 1
        event = AuditEvent.objects.latest("at")
        assert (event.action, event.outcome) == ("oauth.token", "allowed" if response.status_code == 200 else "denied")
        return response

    return post


def last_reason():
    return AuditEvent.objects.latest("at").reason


def is_refused(response, error, reason, status=400):
    assert (response.status_code, response.json()["error"], last_reason()) == (status, error, reason)

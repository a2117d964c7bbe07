"""A client that is not ours: Authlib, over HTTP, with nothing but the metadata document."""

import base64
import secrets
import time
from urllib.parse import urlsplit

import httpx2
import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client
from django.urls import reverse
from jwcrypto.jwk import JWK

from accounts import links, service_account_keys
from audit.event import NOBODY
from tests.connections.conftest import CALLBACK
from tests.requirements import requirement

pytestmark = pytest.mark.django_db(transaction=True)
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(autouse=True)
def plain_http(monkeypatch):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def metadata(server):
    document = httpx2.get(get_well_known_url(server, external=True)).json()
    found = AuthorizationServerMetadata(document)
    assert found["issuer"] == server
    return found


@pytest.fixture
def browser(bob, server):
    parts = urlsplit(server)
    client = Client(SERVER_NAME=parts.hostname, SERVER_PORT=str(parts.port))
    client.get(reverse("console-first-run", args=[links.make(bob, minutes=5)]))
    return client


def answer(browser, page, url):
    form = {"handle": page.context["handle"], "decision": "allow", "minutes": "1440"}
    return browser.post(url, form)


def session_for(metadata, client_id, secret=None, **options):
    return OAuth2Session(client_id, secret, token_endpoint=metadata["token_endpoint"], **options)


@requirement("AS-OTHER-LIBRARIES")
def test_code_refresh_introspection_and_revocation(metadata, browser, confidential_app):
    session = session_for(
        metadata,
        confidential_app.client_id,
        confidential_app.secret,
        redirect_uri=CALLBACK,
        scope="all-apis offline_access",
        code_challenge_method="S256",
    )
    verifier = base64.urlsafe_b64encode(secrets.token_bytes(48)).decode()
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    page = browser.get(url)
    location = answer(browser, page, urlsplit(url).path)["Location"]
    token = session.fetch_token(authorization_response=location, state=state, code_verifier=verifier)
    assert token["scope"] == "all-apis offline_access"
    renewed = session.refresh_token()
    assert renewed["access_token"] != token["access_token"]
    described = session.introspect_token(metadata["introspection_endpoint"], token=renewed["access_token"])
    assert described.json()["active"] is True
    session.revoke_token(metadata["revocation_endpoint"], token=renewed["refresh_token"])
    described = session.introspect_token(metadata["introspection_endpoint"], token=renewed["access_token"])
    assert described.json() == {"active": False}


def test_a_service_account_signs_who_it_is(metadata, etl):
    pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    service_account_keys.add(etl, by=NOBODY, jwk=JWK.from_pem(pem).export_public(as_dict=True))
    session = session_for(metadata, str(etl.application_id), pem.decode(), token_endpoint_auth_method="private_key_jwt")
    session.register_client_auth_method(
        PrivateKeyJWT(metadata["token_endpoint"], {"exp": int(time.time()) + 60}, alg="RS256")
    )
    token = session.fetch_token(grant_type="client_credentials", scope="unity-catalog")
    assert (token["scope"], token["expires_in"]) == ("unity-catalog", 3600)


def test_a_device(metadata, browser, public_app):
    form = {"client_id": public_app.client_id, "scope": "mcp.functions offline_access"}
    started = httpx2.post(metadata["device_authorization_endpoint"], data=form).json()
    page = browser.post("/device", {"user_code": started["user_code"]})
    answer(browser, page, "/device")
    session = session_for(metadata, public_app.client_id, token_endpoint_auth_method="none")
    token = session.fetch_token(grant_type=DEVICE, device_code=started["device_code"])
    assert token["scope"] == "mcp.functions offline_access"
    assert session.refresh_token()["access_token"] != token["access_token"]

"""The example of the mission, word for word: a public client for MCP, made each way, then used by a client of MCP."""

import json
import os
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from databricks.sdk import AccountClient
from databricks.sdk.core import Config
from databricks.sdk.service.oauth2 import TokenAccessPolicy
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

from tests.journeys.consenting import REDIRECT_URI, allow
from tests.journeys.running import ROOT
from tests.journeys.test_by_oauth import Storage

BODY = {
    "name": "mcp-public-client",
    "redirect_urls": [REDIRECT_URI],
    "confidential": False,
    "scopes": ["all-apis"],
    "token_access_policy": {"access_token_ttl_in_minutes": 60, "refresh_token_ttl_in_minutes": 10080},
}
CREATE = "account custom-app-integration create"
FLAGS = "--name mcp-public-client --public --scopes all-apis --access-token-ttl 60m --refresh-token-ttl 7d"


def by_sdk(gatepost, folder):
    options = {"account_id": gatepost.facts["account_id"], "token": gatepost.facts["admin_token"]}
    account = AccountClient(config=Config(host=gatepost.base, **options))
    policy = TokenAccessPolicy.from_dict(BODY["token_access_policy"])
    made = account.custom_app_integration.create(**{**BODY, "token_access_policy": policy})
    return made.as_dict()


def by_json(gatepost, folder):
    return command(gatepost, folder, *CREATE.split(), "--json", json.dumps(BODY))


def by_flags(gatepost, folder):
    return command(gatepost, folder, *CREATE.split(), *FLAGS.split(), "--redirect-urls", REDIRECT_URI)


def command(gatepost, folder, *words):
    own = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    token = {"GATEPOST_HOST": gatepost.base, "GATEPOST_TOKEN": gatepost.facts["admin_token"]}
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words], env=own | token, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("make", [by_sdk, by_json, by_flags])
async def test_the_public_client_is_made_and_calls_a_tool(make, gatepost, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    made = make(gatepost, tmp_path)
    assert set(made) == {"integration_id", "client_id"}  # a public client has no secret
    integrations = f"{gatepost.account}/oauth2/custom-app-integrations"
    stored = gatepost.api("GET", f"{integrations}/{made['integration_id']}")
    assert {name: stored[name] for name in BODY} == BODY
    tokens, rows = await call(gatepost, made["client_id"])
    assert rows[0][0] == 42
    assert 3500 < tokens.expires_in <= 3600
    gatepost.api("DELETE", f"{integrations}/{made['integration_id']}")
    assert gatepost.rpc("tools/list", token=tokens.access_token).status_code == 401


async def call(gatepost, client_id):
    """Let the SDK of MCP find its way from the bare URL, and call a tool. Returns the tokens and the rows."""
    led_to = {}

    async def open_browser(url):
        led_to["url"] = allow(gatepost, url)

    async def wait_for_callback():
        query = {name: values[0] for name, values in parse_qs(urlsplit(led_to["url"]).query).items()}
        return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query["iss"])

    known = {"redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}
    storage = Storage(OAuthClientInformationFull(client_id=client_id, issuer=gatepost.base, **known))
    metadata = OAuthClientMetadata(**known)
    sign_in = OAuthClientProvider(gatepost.functions, metadata, storage, open_browser, wait_for_callback)
    async with (
        httpx2.AsyncClient(auth=sign_in) as http,
        Client(streamable_http_client(gatepost.functions, http_client=http)) as session,
    ):
        result = await session.call_tool("demo__sales__get_customer", {"customer_id": 42})
    return storage.tokens, result.structured_content["rows"]

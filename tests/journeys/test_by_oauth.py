"""From the bare MCP URL: discovery, sign-in and consent in a real browser, tools, refresh, revocation."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata
from playwright.async_api import async_playwright

from tests.browser.conftest import FLAGS
from tests.live import free_port
from tests.requirements import requirement

SCOPES = "mcp.functions offline_access"


class Storage:
    """What a client keeps between its runs."""

    def __init__(self, client_info):
        self.client_info = client_info
        self.tokens = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client_info

    async def set_client_info(self, client_info):
        self.client_info = client_info


@asynccontextmanager
async def callback_server():
    """A client's loopback listener: yields its URL and the future query of the redirect."""
    answered = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
        if urlsplit(target).path == "/callback" and not answered.done():
            answered.set_result({name: values[0] for name, values in parse_qs(urlsplit(target).query).items()})
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")
        await writer.drain()
        writer.close()

    port = free_port()
    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}/callback", answered


@asynccontextmanager
async def signed_in_browser(gatepost):
    """Chromium in which the demo admin signed in by the one-use link."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await browser.new_page()
        await page.goto(gatepost.facts["sign_in_url"])
        yield page
        await browser.close()


@requirement("AS-OTHER-LIBRARIES")
async def test_a_client_finds_its_way_from_the_bare_url_and_loses_it_by_revocation(gatepost):
    since = gatepost.mark()
    client = gatepost.facts["public_client"]
    async with signed_in_browser(gatepost) as page, callback_server() as (redirect_uri, answered):

        async def open_browser(url):
            await page.goto(url)
            await page.get_by_role("button", name="Allow").click()

        async def wait_for_callback():
            query = await asyncio.wait_for(answered, 30)
            return AuthorizationCodeResult(code=query["code"], state=query["state"], iss=query["iss"])

        storage = Storage(
            OAuthClientInformationFull(
                client_id=client["client_id"],
                redirect_uris=[redirect_uri],
                token_endpoint_auth_method="none",
                issuer=gatepost.base,
            )
        )
        metadata = OAuthClientMetadata(redirect_uris=[redirect_uri], token_endpoint_auth_method="none", scope=SCOPES)
        sign_in = OAuthClientProvider(gatepost.functions, metadata, storage, open_browser, wait_for_callback)
        await use(gatepost, sign_in)
    assert storage.tokens.refresh_token
    await refreshes_and_replays_are_told_apart(gatepost, storage.tokens, client["client_id"])
    actions = [(action, outcome) for action, outcome, _ in gatepost.records(since, "%")]
    assert actions.count(("oauth.authorize", "allowed")) == 1
    assert actions.count(("mcp.tools/call", "allowed")) == 1


async def use(gatepost, sign_in):
    """List and call with the SDK, which signs in by itself at the first 401."""
    async with (
        httpx2.AsyncClient(auth=sign_in) as http,
        Client(streamable_http_client(gatepost.functions, http_client=http)) as session,
    ):
        names = [tool.name for tool in (await session.list_tools()).tools]
        result = await session.call_tool("demo__sales__get_customer", {"customer_id": 42})
    assert "demo__sales__get_customer" in names
    assert result.structured_content["rows"][0][0] == 42


async def refreshes_and_replays_are_told_apart(gatepost, tokens, client_id):
    """Refresh works once; revoking the session ends every token in it."""
    async with httpx2.AsyncClient(base_url=gatepost.base) as http:
        form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token, "client_id": client_id}
        fresh = (await http.post("/oidc/v1/token", data=form)).json()
        assert fresh["refresh_token"] != tokens.refresh_token
        assert gatepost.rpc("tools/list", token=fresh["access_token"]).status_code == 200
        form = {"token": fresh["refresh_token"], "client_id": client_id}
        assert (await http.post("/oidc/v1/revoke", data=form)).status_code == 200
        for token in (fresh["access_token"], tokens.access_token):
            refused = gatepost.rpc("tools/list", token=token)
            assert (refused.status_code, 'error="invalid_token"' in refused.headers["www-authenticate"]) == (401, True)
        form = {"grant_type": "refresh_token", "refresh_token": fresh["refresh_token"], "client_id": client_id}
        again = await http.post("/oidc/v1/token", data=form)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

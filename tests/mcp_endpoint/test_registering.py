"""The official SDK comes in by itself: 401, discovery, registration, consent, token, tools. Nobody made it a client."""

import asyncio
import re
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

from accounts import links
from audit.event import NOBODY
from connections import policy
from connections.models import AppIntegration
from tests import live
from tests.journeys.test_by_oauth import Storage
from tests.mcp_endpoint.conftest import SHOP
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
METHODS = ["none", "client_secret_post", "client_secret_basic", None]
CALLBACK = "http://127.0.0.1:7777/callback"


@pytest.fixture(scope="module")
def web(world):
    policy.change(by=NOBODY, client_registration="open", client_documents="any")
    with live.web() as started:
        yield started


@pytest.fixture(scope="module")
def sign_in_links(world):
    """Made before the tests begin their transactions, so that the web process sees them."""
    return {method: links.make(world.people["bob"], minutes=5) for method in [*METHODS, "document"]}


class Browser:
    """Signs in by a one-time link and allows what is asked."""

    def __init__(self, web, link):
        self.http = httpx2.AsyncClient(base_url=web.base_url, follow_redirects=True)
        self.link = link
        self.sent_to = asyncio.Event()
        self.query = {}
        self.page = ""

    async def open(self, url):
        await self.http.get(f"/first-run/{self.link}")
        page = await self.http.get(url)
        assert page.status_code == 200, page.text
        self.page = page.text
        form = dict(re.findall(r'name="(handle|csrfmiddlewaretoken)" value="([^"]+)"', page.text))
        headers = {"Origin": str(self.http.base_url).rstrip("/")}
        answer = await self.http.post(
            urlsplit(url).path,
            data={**form, "decision": "allow", "minutes": "60"},
            headers=headers,
            follow_redirects=False,
        )
        assert answer.headers["Location"].startswith(CALLBACK), answer.text
        self.query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    async def answered(self):
        return AuthorizationCodeResult(code=self.query["code"], state=self.query["state"], iss=self.query["iss"])


async def connect(web, link, **metadata):
    browser, storage = Browser(web, link), Storage(None)
    asked = OAuthClientMetadata(redirect_uris=[CALLBACK], client_name="SDK test", **metadata)
    sign_in = OAuthClientProvider(web.base_url + SHOP, asked, storage, browser.open, browser.answered)
    async with (
        httpx2.AsyncClient(auth=sign_in) as http,
        Client(streamable_http_client(web.base_url + SHOP, http_client=http)) as session,
    ):
        result = await session.call_tool("demo__shop__add", {"a": 1, "b": 2})
    await browser.http.aclose()
    return result, storage, browser


@pytest.mark.parametrize("method", METHODS)
@requirement("AS-OTHER-LIBRARIES")
def test_the_official_client_registers_itself_and_calls_a_tool(method, world, web, sign_in_links):
    given = {"token_endpoint_auth_method": method} if method else {}
    result, storage, browser = asyncio.run(connect(web, sign_in_links[method], **given))
    assert result.structured_content["rows"] == [[3]]
    assert "Not verified: the app chose this name." in browser.page
    client = AppIntegration.objects.get(client_id=storage.client_info.client_id)
    assert client.registration_source == "dcr"
    assert client.confidential == (method != "none")
    session = client.sessions.get()
    assert (session.audience, session.user) == (SHOP, world.people["bob"])


def test_the_web_process_looks_for_the_document_of_a_client_and_refuses_a_host_that_is_not_public(web, sign_in_links):
    with httpx2.Client(base_url=web.base_url, follow_redirects=True, timeout=20) as http:
        http.get(f"/first-run/{sign_in_links['document']}")
        query = {"response_type": "code", "client_id": "https://nowhere.invalid/a.json", "redirect_uri": CALLBACK}
        page = http.get("/oidc/v1/authorize", params=query)
    assert page.status_code == 400
    assert "document" in page.text

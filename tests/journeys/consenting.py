"""An authorization without a browser: the requests that a browser would send, for journeys about something else."""

import base64
import hashlib
import re
import uuid
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from accounts import secrets
from tests.journeys.running import Gatepost

REDIRECT_URI = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def make_integration(gatepost: Gatepost, **fields: object) -> dict[str, str]:
    """Let the admin register a public app integration. Returns its ids."""
    body = {
        "name": f"App {uuid.uuid4().hex[:8]}",
        "redirect_urls": [REDIRECT_URI],
        "scopes": ["mcp.functions"],
        **fields,
    }
    return gatepost.api("POST", f"{gatepost.account}/oauth2/custom-app-integrations", json=body)


def authorize(gatepost: Gatepost, client_id: str, *, scope: str = "mcp.functions", **parameters: str) -> dict[str, str]:
    """Sign the demo admin in, allow the client, exchange the code. Returns the token answer."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **parameters,
    }
    sent_back = allow(gatepost, f"{gatepost.base}/oidc/v1/authorize?{urlencode(query)}")
    exchange = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(sent_back).query)["code"][0],
        "redirect_uri": REDIRECT_URI,
        "client_id": client_id,
        "code_verifier": VERIFIER,
    }
    return httpx2.post(f"{gatepost.base}/oidc/v1/token", data=exchange, timeout=30).json()


def allow(gatepost: Gatepost, url: str) -> str:
    """Sign the demo admin in, open an authorization URL and allow all that it asks. Returns where that leads."""
    with httpx2.Client(base_url=gatepost.base, timeout=30) as browser:
        browser.get(_sign_in_link(gatepost))
        page = browser.get(url)
        form = {
            name: unescape(value)
            for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        }
        minutes = re.search(r'<option value="(\d+)"', page.text)
        form |= {"decision": "allow", "catalogs": "all", "minutes": minutes[1] if minutes else ""}
        headers = {"Origin": gatepost.base, "Referer": str(page.url)}
        return browser.post(page.url.path, data=form, headers=headers).headers["location"]


def _sign_in_link(gatepost: Gatepost) -> str:
    raw = secrets.make(secrets.Prefix.SIGN_IN_LINK)
    gatepost.database.execute(
        """INSERT INTO accounts_onetimelink (digest, user_id, expires_at, purpose)
           SELECT %s, id, now() + '1 hour', 'sign_in' FROM accounts_user WHERE email = 'admin@demo.example'""",
        (secrets.digest(raw),),
    )
    return f"/first-run/{raw}"

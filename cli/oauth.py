"""RFC 8252, RFC 7636, RFC 8628, RFC 9207: sign-in by browser and loopback, or by a code; refresh and revocation."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cli.errors import Refused
from cli.transport import Api

CLIENT_ID = "gatepost-cli"
SCOPES = "all-apis offline_access"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True)
class Tokens:
    """RFC 6749 5.1: what the token endpoint answered."""

    access_token: str
    refresh_token: str
    expires_at: float
    scope: str

    def as_profile(self, previous_refresh_token: str = "") -> dict[str, Any]:
        """Return the fields of a profile. RFC 6749 6: without a new refresh token the old one stays."""
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token or previous_refresh_token,
            "expires_at": self.expires_at,
            "scope": self.scope,
        }

    def __repr__(self) -> str:
        return f"Tokens(scope={self.scope!r})"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in by browser: what was sent, to be compared with what comes back."""

    issuer: str
    redirect_uri: str
    scope: str
    state: str
    verifier: str

    @classmethod
    def begin(cls, api: Api, redirect_uri: str, scope: str) -> "Attempt":
        """Return a new one."""
        issuer = str(metadata(api)["issuer"])
        return cls(issuer, redirect_uri, scope, state=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48))

    @property
    def url(self) -> str:
        """RFC 6749 4.1.1: return the address that the browser opens."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        return f"{self.issuer}/oidc/v1/authorize?{urlencode(query)}"

    def is_answer(self, query: dict[str, str]) -> bool:
        """RFC 6749 10.12: tell whether this came back from our request, and not from somebody else's."""
        return secrets.compare_digest(query.get("state", "").encode(), self.state.encode())

    def redeem(self, api: Api, query: dict[str, str]) -> Tokens:
        """RFC 6749 4.1.3: return the tokens for the code."""
        # RFC 9207 2.4: an answer of another server must not be used with this one.
        if query.get("iss") != self.issuer:
            raise Refused("The answer came from another server. Nothing was stored; try again.")
        if "code" not in query:
            why = query.get("error_description") or query.get("error") or "no code came back"
            raise Refused(f"The sign-in was not finished: {why}")
        form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "code": query["code"]}
        return _tokens(api, {**form, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier})


@dataclass(frozen=True, slots=True)
class Device:
    """RFC 8628 3.2: a sign-in that a person allows in a browser anywhere, by typing a code."""

    device_code: str
    user_code: str
    verification_uri: str
    interval: float
    ends_at: float  # monotonic

    @classmethod
    def begin(cls, api: Api, scope: str) -> "Device":
        """Return a new one."""
        if "device_authorization_endpoint" not in metadata(api):
            raise Refused("This server has no sign-in by code. Leave --device out.")
        answer = api.call("POST", "/oidc/v1/device_authorization", form={"client_id": CLIENT_ID, "scope": scope})
        shown = (answer["device_code"], answer["user_code"], answer["verification_uri"])
        return cls(*shown, float(answer.get("interval", 5)), time.monotonic() + float(answer["expires_in"]))

    def wait(self, api: Api) -> Tokens:
        """RFC 8628 3.4 and 3.5: ask until the person has answered, more slowly when told so."""
        form = {"grant_type": _DEVICE_GRANT, "client_id": CLIENT_ID, "device_code": self.device_code}
        interval = self.interval
        while time.monotonic() < self.ends_at:
            time.sleep(interval)
            try:
                return _tokens(api, form)
            except Refused as refusal:
                if refusal.code not in {"authorization_pending", "slow_down"}:
                    raise
                interval += 5 if refusal.code == "slow_down" else 0
        raise Refused("Nobody typed the code in time. Run `gatepost auth login --device` again.")


def metadata(api: Api) -> dict[str, Any]:
    """RFC 8414 3.3: return the metadata; its issuer must be identical to the address that it was fetched from."""
    found: dict[str, Any] = api.call("GET", "/.well-known/oauth-authorization-server")
    if (issuer := found.get("issuer")) != api.host:
        raise Refused(f"{api.host} calls itself {issuer}. Sign in there: `gatepost auth login {issuer}`.")
    return found


def refresh(api: Api, refresh_token: str) -> Tokens:
    """RFC 6749 6: return new tokens."""
    return _tokens(api, {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": refresh_token})


def revoke(api: Api, token: str) -> None:
    """RFC 7009 2.1: end the session that the token belongs to."""
    api.call("POST", "/oidc/v1/revoke", form={"token": token, "client_id": CLIENT_ID})


def _tokens(api: Api, form: dict[str, str]) -> Tokens:
    answer = api.call("POST", "/oidc/v1/token", form=form)
    return Tokens(
        access_token=answer["access_token"],
        refresh_token=answer.get("refresh_token", ""),
        expires_at=time.time() + float(answer["expires_in"]),
        scope=answer.get("scope", ""),
    )

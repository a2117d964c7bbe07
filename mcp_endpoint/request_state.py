"""MCP 2026-07-28, basic/utilities/mrtr: the state that a client carries from round to round, sealed.

It is bound to the method, its target, the exact arguments, the principal and the client, and it expires. The keys are
derived from GATEPOST_SECRET_KEYS, so that every process can open what another one sealed.
"""

import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState

from connections.grant import Grant
from mcp_endpoint.revisions.ladder import Call

SECONDS: Final = 600.0  # that a person may think
_INFO: Final = b"gatepost request state"


class Invalid(Exception):
    """The state was not made for this call, by this server, or not lately. The text is for the record only."""


def seal(state: Mapping[str, Any], call: Call, grant: Grant, now: float | None = None) -> str:
    """Return the state as text that only this deployment can open, and only for the same call."""
    at = time.time() if now is None else now
    return _codec(tuple(settings.GATEPOST_SECRET_KEYS)).seal(
        orjson.dumps({"for": _binding(call, grant), "until": at + SECONDS, "state": state})
    )


def unseal(sealed: str, call: Call, grant: Grant, now: float | None = None) -> Mapping[str, Any]:
    """Return the state again, or raise Invalid."""
    try:
        claims = orjson.loads(_codec(tuple(settings.GATEPOST_SECRET_KEYS)).unseal(sealed))
    except InvalidRequestState as error:
        raise Invalid(f"unsealing failed: {error}") from None
    if claims["for"] != _binding(call, grant):
        raise Invalid("another call, principal or client")
    if claims["until"] <= (time.time() if now is None else now):
        raise Invalid("expired")
    state: Mapping[str, Any] = claims["state"]
    return state


def _binding(call: Call, grant: Grant) -> str:
    """Return a digest of everything that must be the same in the next round."""
    target = call.params.get("name") or call.params.get("uri")
    who = [grant.principal.id, grant.client.id if grant.client else grant.credential_id]
    bound = [call.method, target, call.params.get("arguments") or {}, who]
    return sha256(orjson.dumps(bound, option=orjson.OPT_SORT_KEYS)).hexdigest()


@lru_cache(maxsize=4)
def _codec(secret_keys: tuple[str, ...]) -> AESGCMRequestStateCodec:
    return AESGCMRequestStateCodec([_derived(key) for key in secret_keys])


def _derived(key: str) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=_INFO).derive(key.encode())

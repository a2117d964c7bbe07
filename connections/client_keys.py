"""RFC 7523 2.2: the public keys with which a client signs who it is, stored with it or fetched from its `jwks_uri`."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from accounts import public_keys
from accounts.public_keys import PublicKey
from connections import remote_documents
from connections.document_fetch import Problem
from connections.models import AppIntegration


def put(client: AppIntegration, keys: Iterable[PublicKey], jwks_uri: str = "") -> None:
    """Set the keys of the client, or where they are: then they are fetched at their first use."""
    client.public_keys = [asdict(key) for key in keys]
    client.jwks_uri = jwks_uri
    client.public_keys_expire_at = None


def current(client: AppIntegration) -> tuple[PublicKey, ...]:
    """Return the keys of the client, fetched when they are not fresh. Raise Problem when that fails: old keys end."""
    expires_at = client.public_keys_expire_at
    if client.enabled and client.jwks_uri and (expires_at is None or expires_at <= timezone.now()):
        remote_documents.check(client.jwks_uri)
        keys, client.public_keys_expire_at = remote_documents.fetch(client.jwks_uri, _usable)
        client.public_keys = [asdict(key) for key in keys]
        client.save(update_fields=["public_keys", "public_keys_expire_at"])
    return tuple(PublicKey(**key) for key in client.public_keys)


def jwks(client: AppIntegration) -> dict[str, Any]:
    """Return the stored keys as a JWK Set (RFC 7517 5)."""
    return {"keys": [key["jwk"] for key in client.public_keys]}


def describe(client: AppIntegration) -> dict[str, Any]:
    """Return the members of RFC 7591 2 that tell the keys of the client; none for a client without keys."""
    if client.jwks_uri:
        return {"jwks_uri": client.jwks_uri}
    return {"jwks": jwks(client)} if client.public_keys else {}


def _usable(document: dict[str, Any]) -> tuple[PublicKey, ...]:
    keys = public_keys.usable(document)
    if not keys:
        raise Problem("keys_unusable", "The document of the app's keys holds none that can be used here.")
    return keys

"""Secrets that must be read again, at rest: Fernet under keys that HKDF (RFC 5869) derives from GATEPOST_SECRET_KEYS."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from accounts.errors import InvalidState


class Unsealable(InvalidState):
    """No configured key opens it."""


def seal(text: str, *, purpose: str) -> bytes:
    """Encrypt under the first key. What is sealed for one purpose cannot be opened for another."""
    return _keys(tuple(settings.GATEPOST_SECRET_KEYS), purpose).encrypt(text.encode())


def unseal(sealed: bytes, *, purpose: str, max_age: int | None = None) -> str:
    """Decrypt with whichever configured key fits what is no older than `max_age` seconds."""
    try:
        return _keys(tuple(settings.GATEPOST_SECRET_KEYS), purpose).decrypt(sealed, ttl=max_age).decode()
    except InvalidToken:
        raise Unsealable(
            f"No key of GATEPOST_SECRET_KEYS opens this {purpose}. "
            "Add the old key to the end of the list, or enter the secret again."
        ) from None


def derived(purpose: str) -> str:
    """Return a secret text of 44 characters that the first key gives for one purpose."""
    return _derived(settings.GATEPOST_SECRET_KEYS[0], purpose).decode()


@cache
def _keys(configured: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in configured])


@cache
def _derived(key: str, purpose: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"gatepost {purpose}".encode()).derive(key.encode())
    return base64.urlsafe_b64encode(derived)

"""RFC 5869, NIST SP 800-38D: an answer that only the holder of the raw refresh token can open again."""

import json
import os
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES: Final = 12
_INFO: Final = b"gatepost refresh answer"


def seal(raw_token: str, answer: dict[str, Any]) -> bytes:
    """Encrypt the answer under a key derived from the raw token, which the server does not keep."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(raw_token).encrypt(nonce, json.dumps(answer).encode(), None)


def unseal(raw_token: str, stored: bytes | memoryview) -> dict[str, Any] | None:
    """Return the answer, or None when it was sealed under another token."""
    sealed = bytes(stored)
    try:
        plain = _cipher(raw_token).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except InvalidTag:
        return None
    answer: dict[str, Any] = json.loads(plain)
    return answer


def _cipher(raw_token: str) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), length=32, salt=None, info=_INFO).derive(raw_token.encode()))

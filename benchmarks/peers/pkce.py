"""RFC 7636 4.1, 4.2."""

import base64
import hashlib
import secrets


def verifier() -> str:
    """Return a new code verifier."""
    return secrets.token_urlsafe(32)


def challenge(code_verifier: str) -> str:
    """Return its S256 challenge."""
    return base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).decode().rstrip("=")

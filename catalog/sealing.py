"""Passwords of catalogs at rest. accounts.sealing says how."""

from accounts import sealing

_PURPOSE = "catalog password"


def seal(password: str) -> bytes:
    """Encrypt under the first key."""
    return sealing.seal(password, purpose=_PURPOSE)


def unseal(sealed: bytes) -> str:
    """Decrypt with whichever configured key fits."""
    return sealing.unseal(sealed, purpose=_PURPOSE)


def reseal(sealed: bytes) -> bytes:
    """Encrypt anew under the first key, so that older keys can be taken out of the configuration."""
    return seal(unseal(sealed))

"""Secrets of catalogs: their passwords at rest, the salt of their masks. accounts.sealing says how."""

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


def salt_of(catalog_id: int) -> str:
    """Return what the hashes of masked columns of a catalog begin with. It changes with the first key."""
    return sealing.derived(f"masks of catalog {catalog_id}")

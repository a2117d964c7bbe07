"""Raw secrets: the only module that makes, digests and compares them. RFC 6749 10.10: 256 random bits."""

import hashlib
import re
import secrets
import string
import zlib
from enum import StrEnum

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 43  # 62 ** 43 > 2 ** 256
_CHECK_LENGTH = 6  # 62 ** 6 > 2 ** 32


class Prefix(StrEnum):
    """The kinds of secrets. Prefix and checksum let scanners find leaks and let us refuse noise without a query."""

    PERSONAL_ACCESS_TOKEN = "gp_pat_"
    SERVICE_ACCOUNT_SECRET = "gp_sas_"
    CLIENT_SECRET = "gp_cs_"
    ACCESS_TOKEN = "gp_at_"
    REFRESH_TOKEN = "gp_rt_"
    AUTHORIZATION_CODE = "gp_ac_"
    DEVICE_CODE = "gp_dc_"
    SIGN_IN_LINK = "gp_si_"
    REGISTRATION_TOKEN = "gp_rg_"


_SECRET = re.compile(f"(?:{'|'.join(Prefix)})[0-9A-Za-z]*")


def make(prefix: Prefix) -> str:
    """Return a new secret: prefix, 43 random characters, 6 characters of checksum."""
    body = prefix + _base62(secrets.randbits(256), _RANDOM_LENGTH)
    return body + _checksum(body)


def prefix_of(raw: str) -> Prefix | None:
    """Return the kind of a well-formed secret, or None when form or checksum is wrong."""
    body, check = raw[:-_CHECK_LENGTH], raw[-_CHECK_LENGTH:]
    for prefix in Prefix:
        if raw.startswith(prefix):
            right_form = len(body) == len(prefix) + _RANDOM_LENGTH and raw.isascii()
            return prefix if right_form and secrets.compare_digest(_checksum(body), check) else None
    return None


def digest(raw: str) -> bytes:
    """Return the SHA-256 digest (32 bytes) under which a secret is stored and found."""
    return hashlib.sha256(raw.encode()).digest()


def matches(raw: str, stored: bytes) -> bool:
    """Compare a presented secret with a stored digest in constant time."""
    return secrets.compare_digest(digest(raw), bytes(stored))


def masked(text: str) -> str:
    """Return the text with every secret taken out, prefix and all."""
    return _SECRET.sub("[secret]", text) if "gp_" in text else text


def fingerprint(stored: bytes) -> str:
    """Return a fingerprint for telling secrets apart. It is neither the secret nor the stored digest."""
    return hashlib.sha256(b"gatepost fingerprint " + stored).hexdigest()


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_LENGTH)


def _base62(value: int, length: int) -> str:
    characters = []
    for _ in range(length):
        value, remainder = divmod(value, 62)
        characters.append(_ALPHABET[remainder])
    return "".join(reversed(characters))

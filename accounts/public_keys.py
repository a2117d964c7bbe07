"""RFC 7517, RFC 7638: public keys that sign who a client is. Kinds and sizes that are not listed are refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from accounts.errors import Invalid

# Kind and curve of the key: the one algorithm that it may sign with (RFC 8725 3.1).
_ALGORITHMS: Final[Mapping[tuple[str, str], str]] = {
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
    ("RSA", ""): "RS256",
}
ALGORITHMS: Final = tuple(_ALGORITHMS.values())
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS: Final = range(2048, 8193)
_LONGEST_KID: Final = 200  # characters


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that was checked, as it is stored."""

    jwk: dict[str, str]
    algorithm: str
    thumbprint: str


def read(given: object) -> PublicKey:
    """Return the public key of a JWK, or raise Invalid that says what to send."""
    if not isinstance(given, Mapping):
        raise _invalid("Send a JSON Web Key: an object.")
    if not _PRIVATE.isdisjoint(given):
        raise _invalid("This holds a private key. Keep that to yourself, make a new pair, and send the public half.")
    algorithm = _ALGORITHMS.get((str(given.get("kty")), str(given.get("crv", ""))))
    if algorithm is None:
        raise _invalid("Send an EC key on P-256, an OKP key on Ed25519, or an RSA key.")
    if given.get("alg", algorithm) != algorithm or given.get("use", "sig") != "sig":
        raise _invalid(f"This key is for signing with {algorithm}. Leave out alg and use, or send these.")
    key = _parse(given)
    public: dict[str, str] = key.export_public(as_dict=True)
    return PublicKey({**public, **_kid(given)}, algorithm, key.thumbprint())


def usable(jwks: object) -> tuple[PublicKey, ...]:
    """Return the keys of a JWK Set that can sign here. RFC 7517 5: keys of other kinds and uses are ignored."""
    listed = jwks.get("keys") if isinstance(jwks, Mapping) else None
    return tuple(key for given in listed if (key := _if_valid(given))) if isinstance(listed, list) else ()


def _if_valid(given: object) -> PublicKey | None:
    try:
        return read(given)
    except Invalid:
        return None


def _parse(given: Mapping[str, Any]) -> JWK:
    members = {name: given[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in given}
    try:
        key = JWK(**members)
        verifier = key.get_op_key("verify")
    except (JWException, ValueError, TypeError) as error:
        raise _invalid("The members of the key do not belong together. Export it again.") from error
    if members["kty"] == "RSA" and verifier.key_size not in _RSA_BITS:
        raise _invalid(f"An RSA key has {_RSA_BITS.start} to {_RSA_BITS.stop - 1} bits.")
    return key


def _kid(given: Mapping[str, Any]) -> dict[str, str]:
    kid = given.get("kid")
    if kid is None:
        return {}
    if not isinstance(kid, str) or not 1 <= len(kid) <= _LONGEST_KID or not kid.isprintable():
        raise _invalid(f"kid is a text of 1 to {_LONGEST_KID} characters.")
    return {"kid": kid}


def _invalid(message: str) -> Invalid:
    return Invalid({"jwk": [message]})

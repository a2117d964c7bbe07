"""RFC 7521 4.2, RFC 7523 3: a client signs who it is (private_key_jwt). Each assertion works once, for minutes."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from accounts import secrets
from accounts.public_keys import ALGORITHMS
from connections.models import UsedAssertion

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FARTHEST: Final = 300  # seconds from now to exp
_SKEW: Final = 30  # seconds that the client's clock may be ahead
_LONGEST: Final = 8192  # characters
_LONGEST_JTI: Final = 255  # characters


class Unacceptable(Exception):
    """The assertion proves nothing. The text is the reason of the audit record."""


class Key(Protocol):
    """A registered public key."""

    @property
    def jwk(self) -> Mapping[str, Any]: ...

    @property
    def algorithm(self) -> str: ...

    @property
    def thumbprint(self) -> str: ...


Registered = TypeVar("Registered", bound=Key)


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an assertion says, nothing of it believed yet."""

    raw: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def client_id(self) -> str:
        """Return whom it is about."""
        subject = self.claims.get("sub")
        return subject if isinstance(subject, str) and "\x00" not in subject else ""


def read(raw: str) -> Assertion:
    """Take the assertion apart, or raise Unacceptable."""
    jws = JWS()
    try:
        jws.deserialize(raw if raw.count(".") == 2 and len(raw) <= _LONGEST else "")
        claims = json.loads(jws.objects["payload"])
        header = jws.jose_header
    except (JWException, ValueError, KeyError, RecursionError):
        raise Unacceptable("assertion_malformed") from None
    if not isinstance(claims, dict):
        raise Unacceptable("assertion_malformed")
    return Assertion(raw, header, claims)


def claimed_id(raw: str) -> str:
    """Return the client id that an assertion claims, or nothing."""
    try:
        return read(raw).client_id if raw else ""
    except Unacceptable:
        return ""


def accept(assertion: Assertion, keys: Iterable[Registered], audiences: frozenset[str]) -> Registered:
    """Return the key that signed it, or raise Unacceptable. The assertion is used up."""
    key = _signer(assertion, keys)
    _check(assertion.claims, audiences, time.time())
    _use_up(assertion.claims)
    return key


def _signer(assertion: Assertion, keys: Iterable[Registered]) -> Registered:
    algorithm, kid = assertion.header.get("alg"), assertion.header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in assertion.header:
        raise Unacceptable("assertion_algorithm")
    for key in keys:
        # RFC 8725 3.1: the algorithm is that of the registered key, whatever the header would like.
        is_named = kid is None or kid in {key.jwk.get("kid"), key.thumbprint}
        if key.algorithm == algorithm and is_named and _signed(assertion.raw, key):
            return key
    raise Unacceptable("assertion_signature")


def _signed(raw: str, key: Key) -> bool:
    jws = JWS()
    jws.allowed_algs = [key.algorithm]
    try:
        jws.deserialize(raw, JWK(**key.jwk))
    except JWException:
        return False
    return True


def _check(claims: Mapping[str, Any], audiences: frozenset[str], now: float) -> None:
    """RFC 7523 3: the claims that MUST be there."""
    if not claims.get("iss") or claims["iss"] != claims.get("sub"):
        raise Unacceptable("assertion_issuer")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(name, str) and name in audiences for name in named):
        raise Unacceptable("assertion_audience")
    expires = _seconds(claims.get("exp"))
    if expires is None or not now < expires <= now + _FARTHEST:
        raise Unacceptable("assertion_expired")
    for claim in ("nbf", "iat"):
        begins = _seconds(claims.get(claim, 0))
        if begins is None or begins > now + _SKEW:
            raise Unacceptable("assertion_not_yet_valid")


def _use_up(claims: Mapping[str, Any]) -> None:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= _LONGEST_JTI:
        raise Unacceptable("assertion_without_jti")
    digest = secrets.digest(f"{claims['iss']}\n{jti}")
    ends = datetime.fromtimestamp(claims["exp"], UTC)
    _, is_first = UsedAssertion.objects.get_or_create(digest=digest, defaults={"expires_at": ends})
    if not is_first:
        raise Unacceptable("assertion_replayed")


def _seconds(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None

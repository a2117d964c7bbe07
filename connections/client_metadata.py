"""RFC 7591 2: client metadata, read strictly where it decides something and ignored where it does not."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from accounts import public_keys, scopes
from accounts.public_keys import PublicKey
from connections import document_fetch, redirect_uri
from connections.policy import CLIENT_SCOPES

MAX_REDIRECT_URIS: Final = 10
MAX_NAME: Final = 100  # characters
UNNAMED: Final = "Unnamed app"
SIGNED: Final = "private_key_jwt"
METHODS: Final = ("none", "client_secret_basic", "client_secret_post", SIGNED)
DOCUMENT_METHODS: Final = ("none", SIGNED)  # a document cannot hold a secret
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_APPLICATION_TYPES: Final = ("", "web", "native")


class Refused(Exception):
    """RFC 7591 3.2.2: the code, and a description for whoever wrote the client."""

    def __init__(self, error: str, description: str) -> None:
        self.error = error
        self.description = description
        super().__init__(description)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client says about itself, as far as it is kept."""

    name: str
    redirect_urls: tuple[str, ...]
    scopes: tuple[str, ...]
    auth_method: str
    application_type: str  # empty when it is not sent
    keys: tuple[PublicKey, ...] = ()
    jwks_uri: str = ""

    @property
    def confidential(self) -> bool:
        """Tell whether the client has to authenticate."""
        return self.auth_method != "none"

    @property
    def has_secret(self) -> bool:
        """Tell whether the client asks for a secret."""
        return self.auth_method not in DOCUMENT_METHODS


def read(metadata: Mapping[str, Any], *, is_document: bool = False) -> Wanted:
    """Return what is kept of the metadata, or raise Refused. Unknown members are ignored (RFC 7591 2)."""
    _check_flow(metadata)
    offered = _offered(metadata)
    method = _auth_method(offered, DOCUMENT_METHODS if is_document else METHODS)
    keys, jwks_uri = _keys(metadata, may_fetch=is_document) if SIGNED in offered else ((), "")
    if method == SIGNED and not keys and not jwks_uri:
        ways = "jwks or jwks_uri" if is_document else "jwks"
        raise Refused("invalid_client_metadata", f"{SIGNED} needs {ways}, with a key for ES256, EdDSA or RS256.")
    application_type = metadata.get("application_type", "")
    if application_type not in _APPLICATION_TYPES:
        raise Refused("invalid_client_metadata", "application_type must be web or native.")
    return Wanted(
        name=_name(metadata.get("client_name")),
        redirect_urls=_redirect_urls(metadata.get("redirect_uris"), method != "none", application_type),
        scopes=_scopes(metadata.get("scope")),
        auth_method=method,
        application_type=application_type,
        keys=keys,
        jwks_uri=jwks_uri,
    )


def _offered(metadata: Mapping[str, Any]) -> list[Any]:
    named = metadata.get("token_endpoint_auth_method", "client_secret_basic")
    listed = metadata.get("token_endpoint_auth_methods_supported", [])
    return [*(named if isinstance(named, list) else [named]), *(listed if isinstance(listed, list) else [])]


def _auth_method(offered: list[Any], methods: tuple[str, ...]) -> str:
    """Return how the client authenticates. Where it lists several ways and `none` is one, it is a public client."""
    method = "none" if "none" in offered else next((way for way in offered if way in methods), None)
    if method is None:
        description = f"token_endpoint_auth_method must be one of {', '.join(methods)}."
        raise Refused("invalid_client_metadata", description)
    return method


def _keys(metadata: Mapping[str, Any], *, may_fetch: bool) -> tuple[tuple[PublicKey, ...], str]:
    """RFC 7591 2: jwks and jwks_uri MUST NOT both be there. Nothing is fetched for a client that nobody vouches for."""
    jwks, uri = metadata.get("jwks"), metadata.get("jwks_uri")
    if jwks is not None and uri is not None:
        raise Refused("invalid_client_metadata", "Send jwks or jwks_uri, not both.")
    if uri is None or not may_fetch:
        return public_keys.usable(jwks), ""
    if not isinstance(uri, str) or document_fetch.parts(uri) is None:
        raise Refused("invalid_client_metadata", "jwks_uri is no usable https URL.")
    return (), uri


def _check_flow(metadata: Mapping[str, Any]) -> None:
    """RFC 7591 2.1: the grant types and response types belong together. Those that we lack are dropped."""
    for member, needed in (("grant_types", "authorization_code"), ("response_types", "code")):
        given = metadata.get(member)
        if given is not None and (not isinstance(given, list) or needed not in given):
            raise Refused("invalid_client_metadata", f"{member} must be a list that holds {needed}.")


def _name(given: object) -> str:
    if given is None:
        return UNNAMED
    name = " ".join(given.split()) if isinstance(given, str) else ""
    if not name or any(unicodedata.category(character) in _UNPRINTABLE for character in name):
        raise Refused("invalid_client_metadata", "client_name must be a text without control characters.")
    return name[:MAX_NAME]


def _redirect_urls(given: object, confidential: bool, application_type: str) -> tuple[str, ...]:  # noqa: FBT001 - private
    if not isinstance(given, list) or not given or not all(isinstance(uri, str) for uri in given):
        raise Refused("invalid_redirect_uri", "redirect_uris must be a list of URLs.")
    if len(given) > MAX_REDIRECT_URIS:
        raise Refused("invalid_redirect_uri", f"Register at most {MAX_REDIRECT_URIS} redirect URIs.")
    problems = {uri: _redirect_problem(uri, confidential, application_type) for uri in given}
    kept = tuple(uri for uri, problem in problems.items() if problem is None)
    if not kept:
        uri, problem = next(iter(problems.items()))
        raise Refused("invalid_redirect_uri", f"{_printable(uri)} {problem}")
    return kept


def _redirect_problem(uri: str, confidential: bool, application_type: str) -> str | None:  # noqa: FBT001 - private
    problem = redirect_uri.problem(uri, confidential=confidential)
    if problem is None and application_type == "web" and redirect_uri.stays_on_this_computer(uri):
        # OpenID Connect Registration 2: web clients use https and no loopback.
        return "is for a native client. Send application_type native, or use https."
    return problem


def _scopes(given: object) -> tuple[str, ...]:
    """RFC 7591 2: the part that may be had; without `scope` the default set."""
    if given is None or given == "":
        return CLIENT_SCOPES
    if not isinstance(given, str):
        raise Refused("invalid_client_metadata", "scope must be one text, with spaces between the scopes.")
    wanted = frozenset(str(found) for name in given.split() if (found := scopes.known(name)))
    too_broad = wanted.difference(CLIENT_SCOPES)  # all-apis stands for the part of it that the client may have
    return tuple(name for name in CLIENT_SCOPES if name in wanted or scopes.covers(too_broad, name)) or CLIENT_SCOPES


def _printable(text: str) -> str:
    return "".join(character if " " <= character <= "~" and character not in '"\\' else "?" for character in text[:200])

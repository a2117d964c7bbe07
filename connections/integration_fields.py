"""The one validator of app integrations, for the REST API and the console (rest-api.md 4.1)."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from accounts import networks, public_keys, scopes
from accounts.errors import Invalid
from accounts.public_keys import PublicKey
from catalog.models import Catalog
from connections import redirect_uri

MAX_NAME: Final = 100  # characters
MAX_REDIRECT_URLS: Final = 20
MAX_RANGES: Final = 100
MAX_CATALOGS: Final = 100
MAX_KEYS: Final = 5
DEFAULT_ACCESS_TOKEN_TTL: Final = 60  # minutes
DEFAULT_REFRESH_TOKEN_TTL: Final = 10_080  # minutes
_ACCESS_TOKEN_TTL: Final = (5, 1440)  # minutes
_MAX_REFRESH_TOKEN_TTL: Final = 129_600  # minutes
_MAX_SESSION: Final = 525_600  # minutes
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, direction, surrogates, line separators

# Field of the policy: its value when it is not given.
POLICY_DEFAULTS: Final[Mapping[str, Any]] = {
    "access_token_ttl_in_minutes": DEFAULT_ACCESS_TOKEN_TTL,
    "refresh_token_ttl_in_minutes": DEFAULT_REFRESH_TOKEN_TTL,
    "enable_single_use_refresh_tokens": None,
    "absolute_session_lifetime_in_minutes": None,
}


class NoScopes(Invalid):
    """An integration without any scope. The code is the one that existing clients expect."""

    code = "BAD_REQUEST"


def clean(wanted: Mapping[str, Any], *, confidential: bool) -> dict[str, Any]:
    """Return the fields as they will be stored, or raise one Invalid with every message."""
    cleaned: dict[str, Any] = {}
    refusals: list[Invalid] = []
    checks: dict[str, Callable[[Any], object]] = {
        "name": _name,
        "redirect_urls": lambda value: _redirect_urls(value, confidential=confidential),
        "scopes": _scopes,
        "user_authorized_scopes": lambda value: _user_authorized_scopes(value, within=cleaned.get("scopes")),
        "token_access_policy": lambda value: clean_policy(value, confidential=confidential),
        "ip_allowlist": _ip_allowlist,
        "allowed_catalogs": _allowed_catalogs,
        "may_introspect": lambda value: _may_introspect(value, confidential=confidential),
        "jwks": lambda value: _keys(value, confidential=confidential),
    }
    for field, check in checks.items():
        try:
            cleaned[field] = check(wanted[field])
        except Invalid as refusal:
            refusals.append(refusal)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise Invalid({field: messages for refusal in refusals for field, messages in refusal.errors.items()})
    return cleaned


def refuse_redirects_to_a_computer(urls: list[str]) -> None:
    """Raise Invalid for what nobody accepts in advance: who listens on a person's own computer, nobody knows."""
    local = [url for url in urls if redirect_uri.stays_on_this_computer(url)]
    if local:
        told = f"Pre-approved apps have https URLs only, and none on a person's own computer: {local[0][:200]}."
        raise Invalid({"redirect_urls": [told]})


def merged_policy(stored: Mapping[str, Any], given: object) -> dict[str, Any]:
    """Return the stored policy with the given fields in place; null takes a field back to its default."""
    if given is None:
        return dict(stored)
    if not isinstance(given, Mapping):
        raise Invalid({"token_access_policy": ["Give an object."]})
    unknown = [key for key in given if key not in POLICY_DEFAULTS]
    if unknown:
        raise Invalid({f"token_access_policy.{key}": ["There is no such field. Remove it."] for key in unknown})
    return {**stored, **{key: POLICY_DEFAULTS[key] if item is None else item for key, item in given.items()}}


def _name(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(text) <= MAX_NAME:
        raise Invalid({"name": [f"Give a name of 1 to {MAX_NAME} characters."]})
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise Invalid({"name": ["Leave out control and text-direction characters."]})
    return text


def _redirect_urls(value: object, *, confidential: bool) -> list[str]:
    urls = _texts("redirect_urls", value)
    if not 1 <= len(urls) <= MAX_REDIRECT_URLS:
        raise Invalid({"redirect_urls": [f"Give 1 to {MAX_REDIRECT_URLS} URLs."]})
    problems = [redirect_uri.problem(url, confidential=confidential) for url in urls]
    messages = [
        f"Line {line}: {url[:200]} {problem}"
        for line, (url, problem) in enumerate(zip(urls, problems, strict=True), start=1)
        if problem
    ]
    if messages:
        raise Invalid({"redirect_urls": messages})
    return list(dict.fromkeys(urls))


def _scopes(value: object) -> list[str]:
    found = _known_scopes("scopes", value)
    if not found:
        raise NoScopes({"scopes": ["Give at least one scope."]})
    return found


def _user_authorized_scopes(value: object, *, within: list[str] | None) -> list[str]:
    found = _known_scopes("user_authorized_scopes", value)
    extra = [scope for scope in found if within is not None and scope not in within]
    if extra:
        raise Invalid({"user_authorized_scopes": [f"Not among the scopes of the integration: {', '.join(extra)}."]})
    return found


def _ip_allowlist(value: object) -> list[str]:
    ranges = _texts("ip_allowlist", value)
    if len(ranges) > MAX_RANGES:
        raise Invalid({"ip_allowlist": [f"Give at most {MAX_RANGES} addresses or ranges."]})
    if any(networks.parse_range(text, field="ip_allowlist").prefixlen == 0 for text in ranges):
        raise Invalid({"ip_allowlist": ["A range that holds every address is no limit. Leave the list empty instead."]})
    return list(dict.fromkeys(ranges))


def _allowed_catalogs(value: object) -> list[str] | None:
    """Return the names, or None for every catalog."""
    if value is None:
        return None
    names = list(dict.fromkeys(_texts("allowed_catalogs", value)))
    if len(names) > MAX_CATALOGS:
        raise Invalid({"allowed_catalogs": [f"Give at most {MAX_CATALOGS} catalogs."]})
    known = set(Catalog.objects.filter(name__in=names).values_list("name", flat=True))
    if unknown := [name for name in names if name not in known]:
        raise Invalid({"allowed_catalogs": [f"There is no catalog {unknown[0][:100]!r}."]})
    return names


def _may_introspect(value: object, *, confidential: bool) -> bool:
    if not isinstance(value, bool):
        raise Invalid({"may_introspect": ["Give true or false."]})
    if value and not confidential:
        raise Invalid({"may_introspect": ["Only a confidential app can ask about tokens. Leave the field out."]})
    return value


def _keys(value: object, *, confidential: bool) -> list[PublicKey]:
    """Return the public keys of a JWK Set. Each one must be usable: an admin wants to know."""
    listed = value.get("keys") if isinstance(value, Mapping) else [] if value is None else None
    if not isinstance(listed, list):
        raise Invalid({"jwks": ["Give a JSON Web Key Set: an object with a list of keys."]})
    if len(listed) > MAX_KEYS:
        raise Invalid({"jwks": [f"Give at most {MAX_KEYS} keys."]})
    if listed and not confidential:
        raise Invalid({"jwks": ["Only a confidential app can sign who it is. Leave the field out."]})
    try:
        return [public_keys.read(key) for key in listed]
    except Invalid as refusal:
        raise Invalid({"jwks": [text for texts in refusal.errors.values() for text in texts]}) from refusal


def clean_policy(policy: Mapping[str, Any], *, confidential: bool) -> dict[str, Any]:
    """Return a whole policy as it will be stored, or raise Invalid."""
    access, refresh, single_use, session = (policy[field] for field in POLICY_DEFAULTS)
    _minutes("access_token_ttl_in_minutes", access, *_ACCESS_TOKEN_TTL)
    _minutes("refresh_token_ttl_in_minutes", refresh, access, _MAX_REFRESH_TOKEN_TTL)
    if session is not None:
        _minutes("absolute_session_lifetime_in_minutes", session, refresh, _MAX_SESSION)
    field = "token_access_policy.enable_single_use_refresh_tokens"
    if single_use is not None and not isinstance(single_use, bool):
        raise Invalid({field: ["Give true or false."]})
    if single_use is False and not confidential:
        raise Invalid({field: ["Refresh tokens of a public app are replaced at every use. Leave the field out."]})
    return dict(policy)


def _minutes(field: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Invalid({f"token_access_policy.{field}": [f"Give whole minutes from {least} to {most}."]})


def _known_scopes(field: str, value: object) -> list[str]:
    names = _texts(field, value)
    unknown = [text for text in names if scopes.known(text) is None]
    if unknown:
        known = ", ".join(scopes.Scope)
        raise Invalid({field: [f"Unknown scope: {', '.join(text[:100] for text in unknown)}. Known are {known}."]})
    return list(dict.fromkeys(str(scopes.known(text)) for text in names))


def _texts(field: str, value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise Invalid({field: ["Give a list of strings."]})
    return [item.strip() for item in value]

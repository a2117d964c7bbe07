"""RFC 8707 2: resource indicators. A resource of this deployment is kept as its path, in one canonical form."""

from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote, urlsplit

IsResource = Callable[[str], bool]

EVERYTHING = "/"  # the whole deployment, the REST API included: a token without a resource
ALL_OF_MCP = "/api/2.0/mcp"  # the origin as a resource: every MCP URL, but not the REST API

_ALIASES = {"ai-search": "vector-search"}  # kinds of MCP URLs that have two spellings (mcp.md 3.1)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical(resource: str, origins: Iterable[str], is_resource: IsResource) -> str | None:
    """Return the path of a known resource of this deployment, or None.

    Scheme and host are compared in lower case without the default port; a trailing slash and a query are dropped.
    """
    try:
        parts = urlsplit(resource)
        port = parts.port
    except ValueError:
        return None
    if "#" in resource or "@" in parts.netloc or not parts.hostname or not resource.isprintable():
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    if f"{parts.scheme}://{host}{suffix}" not in origins:
        return None
    path = canonical_path(parts.path)
    if path == EVERYTHING:
        return ALL_OF_MCP
    return path if is_resource(path) else None


def canonical_path(path: str) -> str:
    """Return the path without a trailing slash, each segment percent-encoded and each kind of MCP URL spelt in one way."""
    stripped = path[:-1] if path.endswith("/") else path
    encoded = "/".join(quote(unquote(segment), safe="") for segment in stripped.split("/")) or EVERYTHING
    if not encoded.startswith(f"{ALL_OF_MCP}/"):
        return encoded
    kind, slash, names = encoded.removeprefix(f"{ALL_OF_MCP}/").partition("/")
    return f"{ALL_OF_MCP}/{_ALIASES.get(kind, kind)}{slash}{names}"


def common(left: Iterable[str], right: Iterable[str]) -> tuple[str, ...]:
    """Return what lies within one of the left and one of the right ones: of each pair the narrower."""
    inner = {a if contains(b, a) else b for a in left for b in right if contains(b, a) or contains(a, b)}
    return tuple(sorted(inner))


def contains(outer: str, inner: str) -> bool:
    """Tell whether a token for `outer` covers `inner`: equal, or a parent of it on whole path segments."""
    return outer in {EVERYTHING, inner} or inner.startswith(f"{outer}/")

"""RFC 6749 3.1.2, RFC 8252 7.1 and 7.3: exact match; any port on loopback; private-use schemes for public clients."""

import re
from urllib.parse import SplitResult, unquote, urlsplit

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_LENGTH = 2000

_NEVER_IN_A_URI = frozenset(' "<>\\^`{|}')
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
# Schemes that a browser runs, reads or hands to a program that is no app of the person.
_REFUSED_SCHEMES = frozenset(
    {"about", "blob", "chrome", "data", "file", "filesystem", "ftp", "ftps", "gopher", "intent", "jar", "javascript"}
    | {"ldap", "ldaps", "mailto", "resource", "sms", "ssh", "tel", "telnet", "vbscript", "view-source", "ws", "wss"}
)


def problem(uri: str, *, confidential: bool) -> str | None:
    """Say why the URI cannot be registered and what to do, or return None."""
    if len(uri) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters. Shorten it."
    parts = _parse(uri)
    if parts is None:
        return "is no URL. Write it in full, for example https://app.example.com/callback."
    if "*" in uri:
        return "holds a wildcard. Register each URL by itself."
    if "#" in uri:
        return "holds a fragment. Remove everything from # on."
    if "@" in parts.netloc:
        return "holds user information. Remove everything before the host."
    if ".." in unquote(unquote(parts.path)).replace("\\", "/").split("/"):
        return "holds .. in its path. Write the path that is meant."
    return _scheme_problem(parts, confidential=confidential)


def _scheme_problem(parts: SplitResult, *, confidential: bool) -> str | None:
    if parts.scheme in {"http", "https"}:
        if not parts.hostname:
            return "names no host. Write it in full, for example https://app.example.com/callback."
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            return "uses http. Use https. Plain http is allowed only for localhost, 127.0.0.1 and [::1]."
        return None
    if parts.scheme in _REFUSED_SCHEMES or not _PRIVATE_SCHEME.fullmatch(parts.scheme):
        return f"uses the scheme {parts.scheme}:, which is not allowed. Use https."
    if confidential:
        return "uses a private scheme, which only a public app may have. Use https."
    if not (parts.netloc or parts.path.strip("/")):
        return "has nothing after its scheme. Write it in full, for example com.example.app:/callback."
    return None


def matches(registered: str, requested: str) -> bool:
    """Compare as RFC 9700 2.1 demands: exact strings; only the port of a loopback URL may differ (RFC 8252 7.3)."""
    if registered == requested:
        return True
    ours, theirs = _parse(registered), _parse(requested)
    if ours is None or theirs is None or "@" in theirs.netloc or "#" in requested:
        return False
    if ours.scheme != "http" or ours.hostname not in LOOPBACK_HOSTS:
        return False
    return (theirs.scheme, theirs.hostname, theirs.path, "?" in requested, theirs.query) == (
        ours.scheme,
        ours.hostname,
        ours.path,
        "?" in registered,
        ours.query,
    )


def host(uri: str) -> str:
    """Return the host that a person should see, or the scheme with its colon for a private-use one."""
    parts = urlsplit(uri)
    return parts.hostname or "" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def stays_on_this_computer(uri: str) -> bool:
    """Tell whether the redirect goes to a program on the person's own computer: loopback or a private scheme."""
    parts = urlsplit(uri)
    return parts.scheme not in {"http", "https"} or (parts.hostname or "") in LOOPBACK_HOSTS


def source(uri: str) -> str:
    """Return the Content-Security-Policy source that covers the redirect: its origin, or its private scheme."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


def _parse(uri: str) -> SplitResult | None:
    # Checked before urlsplit, which silently drops tabs and line ends.
    if not uri.isascii() or not uri.isprintable() or _NEVER_IN_A_URI & set(uri):
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises for a port that is no number of 16 bits
    except ValueError:
        return None
    return parts if parts.scheme else None

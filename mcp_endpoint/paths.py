"""RFC 9728 3.1, RFC 3986 3.3: the paths of MCP URLs. Syntax alone; nothing is looked up."""

import re
from functools import lru_cache
from urllib.parse import quote, unquote

from connections.resources import canonical_path
from mcp_endpoint.kinds import KINDS
from mcp_endpoint.server import Server

PREFIX = "/api/2.0/mcp/"
MAX_NAME_BYTES = 63  # of an identifier in PostgreSQL
_PCHARS = "/-._~!$&'()*+,;=:@"  # RFC 3986 3.3
_PATH = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})+")


@lru_cache(maxsize=4096)
def parse(path: str) -> Server | None:
    """Return what a path names, or None when it is not of the form of an MCP URL. One trailing slash is ignored."""
    if not path.startswith(PREFIX) or not _PATH.fullmatch(path):
        return None
    canonical = canonical_path(path)
    word = canonical.removeprefix(PREFIX).partition("/")[0]
    segments = path.removeprefix(PREFIX).removesuffix("/").split("/")[1:]
    kind = KINDS.get(word)
    names = tuple(filter(None, map(_name, segments)))
    if kind is None or len(segments) not in kind.names or len(names) != len(segments):
        return None
    return Server(word, names, canonical, path)


def canonical(path: str) -> str | None:
    """Return the one form in which audiences are compared, or None for a path that is no MCP URL."""
    server = parse(path)
    return server.path if server else None


def is_resource(path: str) -> bool:
    """Tell whether a token may be asked for this path (RFC 8707). Anyone may know: names are not looked up."""
    return parse(path) is not None


def encoded(path: str) -> str:
    """Percent-encode a path that a server decoded. A slash inside a name is lost by then."""
    return quote(path, safe=_PCHARS)


def _name(segment: str) -> str | None:
    """Percent-decode once. `/` inside a name is %2F."""
    try:
        name = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return None
    is_name = name.isprintable() and name not in {"", ".", ".."} and len(name.encode()) <= MAX_NAME_BYTES
    return name if is_name else None

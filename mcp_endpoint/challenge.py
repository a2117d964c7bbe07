"""RFC 6750 3, RFC 9728 5.1: the Bearer challenge. The only place that writes WWW-Authenticate for MCP."""

from collections.abc import Iterable

from mcp_endpoint.server import Server

METADATA = "/.well-known/oauth-protected-resource"


def metadata_url(base_url: str, server: Server) -> str:
    """Return where the document of this MCP URL stands. RFC 9728 3.1: the well-known word comes before the path."""
    return f"{base_url}{METADATA}{server.typed_path}"


def missing(base_url: str, server: Server, scope: str) -> tuple[str, str]:
    """Challenge a request without credential. RFC 6750 3.1: then no error is named."""
    return _header(_at(base_url, server), _quoted("scope", scope))


def invalid_token(base_url: str, server: Server, scope: str, why: str) -> tuple[str, str]:
    """Challenge a credential that is not accepted."""
    error = (_quoted("error", "invalid_token"), _quoted("error_description", why))
    return _header(*error, _at(base_url, server), _quoted("scope", scope))


def insufficient_scope(base_url: str, server: Server, scopes: Iterable[str], why: str) -> tuple[str, str]:
    """Ask for all scopes that the call needs, in one challenge (MCP 2026-07-28, authorization)."""
    named = (_quoted("error", "insufficient_scope"), _quoted("scope", " ".join(scopes)))
    return _header(*named, _at(base_url, server), _quoted("error_description", why))


def _at(base_url: str, server: Server) -> str:
    return _quoted("resource_metadata", metadata_url(base_url, server))


def _header(*parameters: str) -> tuple[str, str]:
    return ("www-authenticate", ", ".join(('Bearer realm="gatepost"', *parameters)))


def _quoted(name: str, value: str) -> str:
    """RFC 6750 3: values are printable ASCII without quotation marks and backslashes."""
    safe = "".join(c for c in value if " " <= c <= "~" and c not in '"\\')
    return f'{name}="{safe}"'

"""How to reach a catalog's database: libpq parameters and the session's settings."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

CONNECT_SECONDS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One database and the login role for it. The password stays out of every repr."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    sslmode: str = "verify-full"

    @property
    def is_local(self) -> bool:
        """Tell whether the connection stays on this machine: a Unix socket's folder or a loopback address."""
        if self.host.startswith(("/", "@")) or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def parameters(self, settings: Mapping[str, str | int]) -> dict[str, Any]:
        """Return the parameters of a connection whose session starts with these settings."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password,
            "sslmode": self.sslmode,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "gatepost",
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        }


SESSION: Final[Mapping[str, str | int]] = {
    "default_transaction_read_only": "on",
    "search_path": "pg_catalog,pg_temp",  # unlisted, pg_temp would be searched first
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": 1,
    "client_connection_check_interval": "500ms",  # how soon a statement ends whose client closed the socket
    "lock_timeout": "5000ms",
    "idle_in_transaction_session_timeout": "10000ms",
}


def unreachable_because(message: str) -> str:
    """Say why there is no connection. libpq's own text names host and user, so it stays with us."""
    lowered = message.lower()
    for words, sentence in _REASONS:
        if any(word in lowered for word in words):
            return sentence
    return "The database cannot be reached. Check host, port and network."


_REASONS: Final = (
    (("password authentication failed", "no password supplied"), "The database refused the user or the password."),
    (("no pg_hba.conf entry", "authentication failed"), "The database does not let this user in from here."),
    (
        ("translate host name", "resolve", "name or service not known"),
        "The host name is not known. Check its spelling.",
    ),
    (("does not support ssl",), "The database offers no TLS. Turn TLS on there, or choose another sslmode."),
    (("certificate", "ssl error", "tls"), "The TLS certificate of the database cannot be verified."),
    (("connection refused", "no such file"), "Nothing answers at this host and port."),
    (("timeout", "timed out"), "The database did not answer in time. Check host, port and firewall."),
    (
        ("too many connections", "too many clients", "remaining connection slots"),
        "The database has no connection left.",
    ),
    (("does not exist",), "The database or the user does not exist."),
)

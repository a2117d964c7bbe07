"""Typed readers of environment variables. Each raises ConfigurationError with the name and what to do."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit


class ConfigurationError(Exception):
    """A setting cannot be used as it is. The text says what to change."""


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks, or the default."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    """Return True for 1/true/yes/on and False for 0/false/no/off (any case)."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ConfigurationError(f"{name} is {value!r}. Use true or false.")


def integer(name: str, default: int, *, at_least: int = 0, at_most: int | None = None) -> int:
    """Return the variable as a whole number within the bounds."""
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ConfigurationError(f"{name} is {value!r}. Use a whole number.") from None
    if number < at_least or (at_most is not None and number > at_most):
        limits = f"at least {at_least}" + (f" and at most {at_most}" if at_most is not None else "")
        raise ConfigurationError(f"{name} is {number}. Use a number of {limits}.")
    return number


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the variable split at commas and blanks."""
    return tuple(text(name).replace(",", " ").split()) or default


def path(name: str, default: Path) -> Path:
    """Return the variable as an absolute path."""
    return Path(text(name) or default).expanduser().absolute()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server, and how to talk to it."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


def mail(url: str, *, name: str = "EMAIL_URL") -> Mail:
    """Turn smtp://user:password@host:587 (STARTTLS; plain on loopback) or smtps://... (TLS from the start) into a Mail."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ConfigurationError(f"{name} must be smtp://user:password@host:587 or smtps://user:password@host:465.")
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return Mail(
        host=parts.hostname,
        port=parts.port or (465 if parts.scheme == "smtps" else 587),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and not is_local,
        tls=parts.scheme == "smtps",
    )


def database(url: str, *, name: str = "DATABASE_URL") -> dict[str, object]:
    """Turn a postgres:// or postgresql:// URL into a Django DATABASES entry.

    Query parameters (sslmode, host for a Unix socket folder, ...) are passed to libpq as they are.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ConfigurationError(f"{name} must begin with postgresql://. Other databases are not supported.")
    options = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options = {key: unquote(value) for key, value in options.items()}
    host = options.pop("host", "") or unquote(parts.hostname or "")
    if not parts.path.strip("/"):
        raise ConfigurationError(f"{name} names no database. Add it after the host: postgresql://user@host/gatepost.")
    return {
        "ENGINE": "config.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }

"""What people type, turned into what the API takes."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cli.errors import WrongUsage

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})  # RFC 7518 6
_DURATION = re.compile(r"([0-9]{1,9})([smhdw]?)", re.ASCII)


def seconds(text: str) -> int:
    """Return the seconds of 90d, 12h, 30m, 45s or a bare number of seconds."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise WrongUsage(f"{text!r} is no duration. Write a number and s, m, h, d or w: 90d, 12h.")
    return int(match[1]) * _UNITS[match[2] or "s"]


def minutes(text: str) -> int:
    """Return whole minutes."""
    total = seconds(text)
    if total % 60:
        raise WrongUsage(f"{text!r} is no whole number of minutes. Write 60m or 7d.")
    return total // 60


def moment(text: str) -> str:
    """Return a time as it was given, or for a duration the time that long ago."""
    if not _DURATION.fullmatch(text.strip().lower()):
        return text
    return (datetime.now(UTC) - timedelta(seconds=seconds(text))).strftime("%Y-%m-%dT%H:%M:%SZ")


def words(given: list[str]) -> list[str]:
    """Return the words of a flag that may be repeated and may hold several, separated by commas."""
    return [word.strip() for text in given for word in text.split(",") if word.strip()]


def body(text: str) -> dict[str, Any]:
    """Return the JSON object that was given as text, as @file, or as - for standard input."""
    given = read(text[1:]) if text.startswith("@") else read("-") if text == "-" else text
    return _object(given, "--json", "Give an object as text, as @file, or - for input.")


def public_key(name: str) -> dict[str, Any]:
    """Return the JWK of a file. RFC 7517 9.2: a private half must not leave this computer."""
    jwk = _object(read(name), name, "Give a file with a JWK.")
    if private := _PRIVATE & set(jwk):
        raise WrongUsage(f"{name} holds a private key ({', '.join(sorted(private))}). Give its public half.")
    return jwk


def _object(text: str, called: str, hint: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise WrongUsage(f"{called} is not JSON: {error}. {hint}") from None
    if not isinstance(value, dict):
        raise WrongUsage(f"{called} must be an object. {hint}")
    return value


def read(name: str) -> str:
    """Return the text of a file, or of standard input for -."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUsage(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None

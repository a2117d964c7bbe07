"""The workspace settings, changed here only: how clients may come in (oauth.md 7), who needs a second factor."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from accounts import second_factor
from accounts.errors import Invalid
from accounts.models import Account
from accounts.scopes import Scope
from accounts.second_factor import RequiredOf
from audit import record
from audit.event import By, Event
from cli.clients import KNOWN

# What a client may ask for that no admin chose scopes for. Never the REST API and never the power to give power.
CLIENT_SCOPES: Final = tuple(str(scope) for scope in Scope if scope not in {Scope.ALL_APIS, Scope.ACCESS_MANAGEMENT})
MAX_HOSTS: Final = 100
_HOST: Final = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Registration(StrEnum):
    """Dynamic client registration (RFC 7591)."""

    OFF = "off"
    APPROVAL = "approval"
    OPEN = "open"


class Documents(StrEnum):
    """Client ID metadata documents."""

    OFF = "off"
    LISTED = "listed"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings, at first their defaults."""

    client_registration: Registration = Registration.OFF
    client_documents: Documents = Documents.LISTED
    client_document_hosts: tuple[str, ...] = tuple(
        sorted({urlsplit(client.document_url).netloc for client in KNOWN if client.document_url})
    )
    second_factor: RequiredOf = RequiredOf.ADMINS


def load() -> Policy:
    """Return the settings in force."""
    return _of(Account.load())


@transaction.atomic
def change(*, by: By, **given: object) -> Policy:
    """Change the settings that are given. Clients that came in before stay."""
    Account.lock()
    account = Account.load()
    before = _of(account)
    cleaned = _clean(given)
    after = Policy(**{**asdict(before), **cleaned})
    account.settings = {**account.settings, **cleaned}
    account.save(update_fields=["settings"])
    details = {"before": asdict(before), "after": asdict(after)}
    record.write(Event(action="settings.update", outcome="allowed", by=by, object="account:1", details=details))
    return after


def is_host(text: str) -> bool:
    """Tell whether this is the full name of a host, in lower case: no address, no port, no single label."""
    return _HOST.fullmatch(text) is not None


def _of(account: Account) -> Policy:
    stored = account.settings
    return Policy(**{name: read(stored[name]) for name, read in _READ.items() if name in stored})


_READ: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "client_registration": Registration,
        "client_documents": Documents,
        "client_document_hosts": tuple,
        second_factor.SETTING: RequiredOf,
    }
)


def _clean(given: Mapping[str, object]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for name, value in given.items():
        kind = _READ[name]
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            if value not in list(kind):
                raise Invalid({name: [f"Give one of: {', '.join(kind)}."]})
            cleaned[name] = str(value)
        else:
            cleaned[name] = _hosts(name, value)
    return cleaned


def _hosts(field: str, value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise Invalid({field: ["Give a list of host names."]})
    hosts = list(dict.fromkeys(host.strip().lower() for host in value if host.strip()))
    wrong = [host for host in hosts if not is_host(host)]
    if wrong:
        raise Invalid({field: [f"Not the full name of a host: {wrong[0][:100]}. Write it as claude.ai."]})
    if len(hosts) > MAX_HOSTS:
        raise Invalid({field: [f"Give at most {MAX_HOSTS} hosts."]})
    return hosts

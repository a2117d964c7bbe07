"""Which records: filters by name, each with the text that somebody gave, as conditions. rest-api.md 6.

The API and the console check and name what they take; here is what each means, now or later in the background.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final

from django.db.models import Q, QuerySet

from audit.models import AuditEvent

_TEXTS: Final = ("object", "reason", "client_name", "request_id", "credential_id", "action")


def _principal(text: str) -> Q:
    number = Q(principal_id=int(text)) if text.isascii() and text.isdigit() and len(text) <= 18 else Q()
    return number | Q(principal_name__iexact=text)


def _text(words: str) -> Q:
    found = Q()
    for column in _TEXTS:
        found |= Q(**{f"{column}__icontains": words})
    return found


CONDITIONS: Final[Mapping[str, Callable[[str], Q]]] = MappingProxyType(
    {
        "from": lambda text: Q(at__gte=text),
        "to": lambda text: Q(at__lt=text),
        "principal": _principal,
        "client_id": lambda text: Q(client_id=text),
        "credential_id": lambda text: Q(credential_id=text),
        "action": lambda text: Q(action=text) | Q(action__startswith=f"{text}."),
        "decision": lambda text: Q(outcome=text),
        "object": lambda text: Q(object=text) | Q(object__startswith=f"{text}."),
        "address": lambda text: Q(address=str(ip_address(text))),
        "request_id": lambda text: Q(request_id=text),
        # What the console looks for, where people type only a part.
        "principal_part": lambda text: Q(principal_name__icontains=text),
        "action_begins": lambda text: Q(action__istartswith=text),
        "text": _text,
    }
)


def select(events: QuerySet[AuditEvent], filters: Mapping[str, str]) -> QuerySet[AuditEvent]:
    """Return the records that pass every filter that is given; an empty text gives none. A KeyError: no such filter."""
    for name, text in filters.items():
        if text:
            events = events.filter(CONDITIONS[name](text))
    return events

"""Audit records. They stand here because audit knows no API. rest-api.md 6 and 7."""

from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import answers
from accounts.api.attribution import by_of, holder_of
from accounts.api.fields import parameter, present, refuse_unknown_parameters, rfc3339
from accounts.api.openapi import page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.errors import Invalid, NotAllowed
from accounts.scopes import Scope
from audit import record, selection
from audit.event import Event
from audit.models import AuditEvent

_FOR_AUDITORS: Final = ("statement", "parameters")
_PLAIN: Final = (
    *("action", "reason", "principal_id", "principal_kind", "principal_name", "client_id", "client_name"),
    *("credential_kind", "credential_id", "scopes", "object", "address", "request_id", "duration_ms", "row_count"),
    "details",
)


def moment(name: str) -> Callable[[str], datetime]:
    def read(text: str) -> datetime:
        try:
            at = parse_datetime(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise Invalid({name: [f"{text!r} is no time. Send RFC 3339 with a zone: 2026-03-31T15:00:00Z."]})
        return at

    return read


def _decision(text: str) -> str:
    if text not in AuditEvent.Outcome.values:
        raise Invalid({"decision": [f"{text!r} is no decision. Use {', '.join(AuditEvent.Outcome.values)}."]})
    return text


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise Invalid({"address": [f"{text!r} is no IP address."]}) from None


# What of a filter has to be understood; the others are compared as they are.
_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "from": moment("from"),
    "to": moment("to"),
    "decision": _decision,
    "address": _address,
}
# What a caller may filter by. audit.selection says what each means.
FILTERS: Final = {
    "from": "Not before this time, RFC 3339.",
    "to": "Before this time, RFC 3339.",
    "principal": "Name or SCIM id of who did it.",
    "client_id": "OAuth client.",
    "credential_id": "Token or secret.",
    "action": "An action, or the first words of one: integration finds integration.create.",
    "decision": "allowed, denied, failed or attempt.",
    "object": "What it was done to, or what stands above it: demo.sales finds demo.sales.orders.",
    "address": "Address of the caller.",
    "request_id": "The X-Request-Id of an answer.",
}


FILTER_PARAMETERS: Final = (
    *(query(name, told) for name, told in FILTERS.items()),
    query("include", "statement adds SQL text and parameters; for auditors, and recorded.", enum=["statement"]),
)


class AuditEvents(APIView):
    """Records, newest first."""

    access = {"GET": Access("any", Scope.ALL_APIS)}

    @extend_schema(
        parameters=[
            *FILTER_PARAMETERS,
            *paging(),
        ],
        responses=page("ListAuditEvents", events=answers.AuditEventInfo),
        summary="List audit records",
    )
    def get(self, request: Request) -> Response:
        """Answer a page. Account admins and auditors see all records, other people their own."""
        refuse_unknown_parameters(request, {*FILTERS, "include", "page_size", "page_token"})
        filters = {name: parameter(request, name) for name in (*FILTERS, "include")}
        whole = wants_statements(request, filters["include"])
        rows = filtered(_seen_by(request), filters)
        if not whole:
            rows = rows.defer(*_FOR_AUDITORS)
        found, token = page_of(rows, request, order=("-at", "-id"), filters=filters, default=50, cap=500)
        if whole:
            _record_look(request, filters)
        return Response({"events": [row(event, whole=whole) for event in found], **present(next_page_token=token)})


def row(event: AuditEvent, *, whole: bool) -> dict[str, Any]:
    """Return a record as the API shows it; empty columns are left out."""
    told = {name: value for name in _PLAIN if (value := getattr(event, name)) not in (None, "", [], {})}
    shown = {"event_id": str(event.event_id), "time": rfc3339(event.at), "decision": event.outcome, **told}
    if event.attempt_id:
        shown["attempt_id"] = str(event.attempt_id)
    return shown | present(statement=event.statement, parameters=event.parameters) if whole else shown


def filtered(rows: QuerySet[AuditEvent], filters: Mapping[str, str]) -> QuerySet[AuditEvent]:
    """Return the records that pass every filter that is given."""
    return selection.select(rows, checked(filters))


def checked(filters: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that are given, after each was understood."""
    given = {name: filters[name] for name in FILTERS if filters.get(name)}
    for name, text in given.items():
        _READ.get(name, str)(text)
    return given


def _seen_by(request: Request) -> QuerySet[AuditEvent]:
    who = holder_of(request).principal
    if who.is_account_admin or who.is_auditor:
        return AuditEvent.objects.all()
    if who.kind == "service":
        raise NotAllowed("Only people, account admins and auditors may see audit records.")
    return AuditEvent.objects.filter(principal_id=who.id)


def wants_statements(request: Request, include: str) -> bool:
    """Tell whether SQL text is asked for; only auditors may."""
    if "include" in request.query_params and include != "statement":
        raise Invalid({"include": [f"{include!r} cannot be included. Use statement."]})
    if include and not holder_of(request).principal.is_auditor:
        raise NotAllowed("Only auditors may see SQL text and parameters.")
    return bool(include)


def _record_look(request: Request, filters: Mapping[str, str]) -> None:
    """An auditor's look at SQL is recorded itself."""
    used = {name: text for name, text in filters.items() if text}
    with transaction.atomic():
        record.write(
            Event(action="audit.read_statement", outcome="allowed", by=by_of(request), details={"filters": used})
        )

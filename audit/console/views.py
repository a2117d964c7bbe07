"""The audit list and one record as a page."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import chain, record
from audit import export as files
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.by import by_of
from audit.console.filters import AuditFilter
from audit.console.keyset import Position, paginate
from audit.event import Event
from audit.models import AuditEvent

FOR_AUDITORS = ("statement", "parameters")
VERIFIED = timedelta(days=30)


def events_for(request: SignedInRequest) -> "QuerySet[AuditEvent]":
    """Return what this person may see: everything, or their own events (rest-api.md section 7)."""
    events = AuditEvent.objects.all()
    if roles_of(request.user) & {Role.ACCOUNT_ADMIN, Role.AUDITOR}:
        return events
    return events.filter(principal_id=request.user.id)


@open_to(Role.MEMBER)
def event_list(request: SignedInRequest) -> HttpResponse:
    """Show the newest records that pass the filters."""
    form = AuditFilter(request.GET)
    events = form.apply(events_for(request)).defer(*FOR_AUDITORS, "details")
    page = paginate(request, lambda cut: cut.apply(events, "at", "id"), _position, key=int, size=50)
    context = {
        "form": form,
        "page": page,
        "sees_everything": _sees_everything(request),
        "is_auditor": Role.AUDITOR in roles_of(request.user),
        "query": request.GET.urlencode(),
    }
    return render(request, "audit/event_list.html", context)


@open_to(Role.MEMBER)
def event_detail(request: SignedInRequest, event_id: UUID) -> HttpResponse:
    """Show one record whole. SQL text and parameters are for auditors."""
    event = get_object_or_404(events_for(request), event_id=event_id)
    is_auditor = Role.AUDITOR in roles_of(request.user)
    if is_auditor and event.statement is not None:
        _record_look(request, event)
    context = {
        "event": event,
        "is_auditor": is_auditor,
        "has_statement": event.statement is not None,
        "record": json.dumps(_as_json(event, whole=is_auditor), indent=2, cls=DjangoJSONEncoder, ensure_ascii=False),
    }
    return render(request, "audit/event_detail.html", context)


@open_to(Role.AUDITOR)
def export(request: SignedInRequest) -> HttpResponseBase:
    """Send the records that pass the filters as a file, oldest first, without SQL text."""
    form = AuditFilter(request.GET)
    kind = request.GET.get("format", "csv")
    if kind not in files.FORMS or not form.is_valid():
        raise Http404
    rows, next_from = files.bounded(form.apply(AuditEvent.objects.all()))
    used = {name: text for name, text in request.GET.items() if text}
    _record(request, "audit.export", details={"filters": used})
    return files.response(rows, kind, next_from=next_from)


@open_to(Role.AUDITOR)
def verify(request: SignedInRequest) -> HttpResponse:
    """Compute the hash chain of the newest 30 days anew and say whether it holds."""
    found = chain.verify(timezone.now() - VERIFIED)
    return render(request, "audit/chain.html", {"found": found, "unsealed": chain.unsealed()})


def _record_look(request: SignedInRequest, event: AuditEvent) -> None:
    """An auditor's look at SQL is recorded itself (console.md 2.15)."""
    _record(request, "audit.read_statement", object=str(event.event_id))


def _record(request: SignedInRequest, action: str, **more: Any) -> None:
    with transaction.atomic():
        record.write(Event(action=action, outcome="allowed", by=by_of(request), **more))


def _position(event: AuditEvent) -> Position:
    return Position(event.at, event.pk)


def _sees_everything(request: HttpRequest) -> bool:
    return bool(roles_of(request.user) & {Role.ACCOUNT_ADMIN, Role.AUDITOR})


def _as_json(event: AuditEvent, *, whole: bool) -> dict[str, object]:
    hidden = _("Visible to auditors")
    shown: dict[str, object] = {}
    for field in event._meta.concrete_fields:
        value = getattr(event, field.name)
        if field.name in FOR_AUDITORS and not whole and value is not None:
            value = hidden
        if field.name != "id" and value not in (None, "", [], {}):
            shown[field.name] = value
    return shown

"""Audit records as a file, and the look at their hash chain. rest-api.md 6: both for auditors."""

from typing import Any

from django.db import transaction
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import answers
from accounts.api.attribution import by_of
from accounts.api.audit_events import FILTER_PARAMETERS, FILTERS, filtered, moment, wants_statements
from accounts.api.fields import parameter, present, refuse_unknown_parameters, rfc3339
from accounts.api.openapi import query
from accounts.api.permissions import Access
from accounts.errors import Invalid
from accounts.scopes import Scope
from audit import chain, export, record
from audit.event import Event
from audit.models import AuditEvent

_FOR_AUDITORS = Access("auditor", Scope.ALL_APIS)


class AuditExport(APIView):
    """Records as a file."""

    access = {"GET": _FOR_AUDITORS}

    @extend_schema(
        parameters=[
            *FILTER_PARAMETERS,
            query("format", "ndjson, one JSON object a line (the default), or csv.", enum=list(export.FORMS)),
        ],
        responses={(200, media_type): OpenApiTypes.STR for media_type, _write in export.FORMS.values()},
        summary="Export audit records",
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Answer with the records oldest first, at most 100,000 of them.

        When there are more, the header X-Next-From says from which time on to ask again.
        """
        refuse_unknown_parameters(request, {*FILTERS, "include", "format"})
        filters = {name: parameter(request, name) for name in (*FILTERS, "include")}
        form = parameter(request, "format") or "ndjson"
        if form not in export.FORMS:
            raise Invalid({"format": [f"{form!r} is no format. Use {' or '.join(export.FORMS)}."]})
        whole = wants_statements(request, filters["include"])
        rows, next_from = export.bounded(filtered(AuditEvent.objects.all(), filters))
        _record(request, {**filters, "format": form})
        return export.response(rows, form, whole=whole, next_from=next_from)


class AuditVerification(APIView):
    """The hash chain."""

    access = {"GET": _FOR_AUDITORS}

    @extend_schema(
        parameters=[
            query("from", "Seals not made before this time, RFC 3339."),
            query("to", "Seals made before this time, RFC 3339."),
        ],
        responses=answers.AuditVerification,
        summary="Verify the hash chain of the audit records",
    )
    def get(self, request: Request) -> Response:
        """Compute the digests anew, over at most a million records; next_from says where to go on."""
        refuse_unknown_parameters(request, {"from", "to"})
        times = {name: moment(name)(text) if (text := parameter(request, name)) else None for name in ("from", "to")}
        found = chain.verify(times["from"], times["to"])
        return Response(
            present(
                ok=found.ok,
                checked=found.checked,
                sealed_until=rfc3339(found.sealed_until) if found.sealed_until else None,
                next_from=rfc3339(found.next_from) if found.next_from else None,
                first_bad=_bad(found.first_bad),
            )
        )


def _bad(seal: Any) -> dict[str, Any] | None:
    if seal is None:
        return None
    return {
        "seal_id": seal.pk,
        "first_record": seal.first_id,
        "last_record": seal.last_id,
        "sealed_time": rfc3339(seal.sealed_at),
    }


def _record(request: Request, filters: dict[str, str]) -> None:
    used = {name: text for name, text in filters.items() if text}
    with transaction.atomic():
        record.write(Event(action="audit.export", outcome="allowed", by=by_of(request), details={"filters": used}))

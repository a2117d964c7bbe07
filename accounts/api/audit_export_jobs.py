"""Exports of audit records that are made in the background. They stand here because audit knows no API. rest-api.md 6."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import answers
from accounts.api.attribution import by_of
from accounts.api.audit_events import FILTERS, checked
from accounts.api.fields import Body, Text, present, refuse_unknown_parameters, rfc3339, uuids_of
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.errors import InvalidState, NotFound, QuotaExceeded
from accounts.scopes import Scope
from audit import export, exports
from audit.models import AuditExport

_FOR_AUDITORS = Access("auditor", Scope.ALL_APIS)


class NewExport(Body):
    """Which records, and how. Without a filter all of them."""

    format = serializers.ChoiceField(
        choices=list(export.FORMS), default="ndjson", help_text="ndjson, one JSON object a line, or csv."
    )
    include = serializers.ChoiceField(
        choices=["statement"], required=False, help_text="statement adds SQL text and parameters."
    )

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; that of a filter has its name, and `from` is none that Python would take."""
        filters = {name: Text(required=False, max_length=2000, help_text=told) for name, told in FILTERS.items()}
        return {**filters, **super().get_fields()}


class Exports(APIView):
    """All exports that are kept."""

    access = {"GET": _FOR_AUDITORS, "POST": _FOR_AUDITORS}

    @extend_schema(
        parameters=paging(), responses=page("ListAuditExports", exports=answers.AuditExportInfo), summary="List exports"
    )
    def get(self, request: Request) -> Response:
        """Answer a page, newest first. They are kept for 7 days."""
        refuse_unknown_parameters(request, {"page_size", "page_token"})
        found, token = page_of(exports.kept(), request, order=("-created_at", "-id"), default=50, cap=500)
        return Response({"exports": [_row(made) for made in found], **present(next_page_token=token)})

    @extend_schema(
        request=NewExport, responses={202: answers.AuditExportInfo}, summary="Export audit records to a file"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer 202 with the export, which is made in the background: at most a million records, oldest first.

        It holds the records that were made before the call.
        """
        body = NewExport.of(request)
        try:
            made = exports.create(checked(body), body["format"], whole="include" in body, by=by_of(request))
        except exports.TooMany as error:
            raise QuotaExceeded(str(error)) from None
        return Response(_row(made), status=202)


class Export(APIView):
    """One export."""

    access = {"GET": _FOR_AUDITORS, "DELETE": _FOR_AUDITORS}

    @extend_schema(responses=answers.AuditExportInfo, summary="Show how far an export is")
    def get(self, request: Request, export_id: str) -> Response:
        """Answer with state (queued, running, done, failed), progress in percent, size, and error."""
        return Response(_row(_one(export_id)))

    @extend_schema(responses={200: Done}, summary="Delete an export")
    def delete(self, request: Request, export_id: str) -> Response:
        """Delete the file before its 7 days are over. The audit records stay."""
        exports.delete(_one(export_id), by=by_of(request))
        return Response({})


class ExportContent(APIView):
    """The file of an export."""

    access = {"GET": _FOR_AUDITORS}

    @extend_schema(
        responses={(200, media_type): OpenApiTypes.STR for media_type, _write in export.FORMS.values()},
        summary="Download an export",
    )
    def get(self, request: Request, export_id: str) -> StreamingHttpResponse:
        """Answer with the file. While it is not done, or when it failed: 400 INVALID_STATE."""
        try:
            return exports.download(_one(export_id), by=by_of(request))
        except exports.NotReady as error:
            raise InvalidState(str(error)) from None


def _one(export_id: str) -> AuditExport:
    made = exports.kept().filter(pk__in=uuids_of(export_id)).first()
    if made is None:
        raise NotFound("There is no such export. They are kept for 7 days.")
    return made


def _row(made: AuditExport) -> dict[str, Any]:
    return {
        "id": str(made.pk),
        "state": made.state,
        "progress": made.progress,
        "format": made.form,
        "filters": made.filters,
        **present(
            include="statement" if made.whole else None,
            rows=made.rows,
            bytes=made.bytes,
            created_by=made.created_by,
            created_by_username=made.created_by_name or None,
            finish_time=rfc3339(made.finished_at) if made.finished_at else None,
            error=made.error or None,
        ),
        "create_time": rfc3339(made.created_at),
        "expire_time": rfc3339(made.expires_at),
    }

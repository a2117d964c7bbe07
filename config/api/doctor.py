"""What is wrong with the deployment. rest-api.md 6."""

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.fields import refuse_unknown_parameters
from accounts.api.openapi import Answer
from accounts.api.permissions import Access
from accounts.scopes import Scope
from config import doctor


class DoctorFinding(Answer):
    """One thing to look at."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning", "info"])
    subject = serializers.CharField()
    message = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)


class DoctorReport(Answer):
    """Everything that was found, the worst first."""

    ok = serializers.BooleanField(help_text="Nothing is an error.")
    findings = DoctorFinding(many=True)


class Doctor(APIView):
    """The report."""

    access = {"GET": Access("reader", Scope.ALL_APIS)}

    @extend_schema(responses=DoctorReport, summary="Look for what is misconfigured")
    def get(self, request: Request) -> Response:
        """Answer each finding with its severity and remedy."""
        refuse_unknown_parameters(request, ())
        found = doctor.findings()
        is_ok = all(finding.severity != "error" for finding in found)
        return Response({"ok": is_ok, "findings": [asdict(finding) for finding in found]})

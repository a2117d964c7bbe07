"""/api/schema/ for programs and /api/docs/ for people. Open to everybody: the document says nothing of this deployment."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.openapi.document import as_json, as_yaml, document
from config.openapi.reference import sections

_YAML = "application/yaml"  # RFC 9512


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer JSON, or YAML for `?format=yaml` and for clients that accept YAML and no JSON."""
    accepted = request.headers.get("Accept", "*/*")
    wants_yaml = "yaml" in accepted and "json" not in accepted
    if request.GET.get("format", "yaml" if wants_yaml else "json") == "yaml":
        return HttpResponse(as_yaml(), content_type=_YAML)
    return HttpResponse(as_json(), content_type="application/json")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show the document as a page."""
    return render(request, "openapi/reference.html", {"sections": sections(document())})

"""Files of audit records that are made in the background: ask for one, see how far it is, fetch it."""

from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import exports
from audit.console.access import Role, SignedInRequest, open_to
from audit.console.by import by_of
from audit.console.filters import AuditFilter
from audit.models import AuditExport

# Filters of audit.selection in the words of the audit log. One that only the API has keeps its name.
_WORDS: Final = {
    "from": gettext_lazy("From"),
    "to": gettext_lazy("Before"),
    "principal": gettext_lazy("Principal"),
    "principal_part": gettext_lazy("Principal"),
    "action": gettext_lazy("Action"),
    "action_begins": gettext_lazy("Action"),
    "decision": gettext_lazy("Outcome"),
    "client_id": gettext_lazy("Client ID"),
    "text": gettext_lazy("Text"),
}


class NewExport(forms.Form):
    """How the file is written. Which records, the filters of the audit log say."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=[("csv", "CSV"), ("ndjson", gettext_lazy("JSON lines"))]
    )
    whole = forms.BooleanField(label=gettext_lazy("With SQL text and parameters"), required=False)


@open_to(Role.AUDITOR)
def export_list(request: SignedInRequest) -> HttpResponse:
    """Show the files that are kept, and have one made of the records that pass the filters in the URL."""
    chosen, form = AuditFilter(request.GET), NewExport(request.POST if request.method == "POST" else None)
    if not chosen.is_valid():
        raise Http404
    if request.method == "POST" and form.is_valid() and _make(request, chosen, form):
        return redirect(request.path)
    kept = list(exports.kept())
    context = {
        "form": form,
        "filters": _in_words(chosen.filters()),
        "query": request.GET.urlencode(),
        "exports": [(made, _in_words(made.filters)) for made in kept],
        "is_waiting": any(made.state in ("queued", "running") for made in kept),
    }
    return render(request, "audit/exports.html", context, status=422 if form.errors else 200)


@open_to(Role.AUDITOR)
def export_file(request: SignedInRequest, export_id: UUID) -> HttpResponseBase:
    """Send the file."""
    try:
        return exports.download(get_object_or_404(exports.kept(), pk=export_id), by=by_of(request))
    except exports.NotReady as error:
        messages.error(request, str(error))
        return redirect("console-audit-exports")


def _make(request: SignedInRequest, chosen: AuditFilter, form: NewExport) -> AuditExport | None:
    how = form.cleaned_data
    try:
        return exports.create(chosen.filters(), how["format"], whole=how["whole"], by=by_of(request))
    except exports.TooMany as error:
        form.add_error(None, str(error))
        return None


def _in_words(filters: dict[str, str]) -> list[str]:
    told = [_("%(name)s: %(text)s") % {"name": _WORDS.get(name, name), "text": text} for name, text in filters.items()]
    return told or [_("All records")]

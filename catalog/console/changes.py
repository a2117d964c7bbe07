"""Changed objects whose tools are off: read what changed, and accept it."""

from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.console.by import by_of
from accounts.errors import Refused
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from catalog import quarantine
from catalog.console.seen import catalog_of, may_change
from catalog.models import Catalog

_MOST: Final = 100  # changes on the page; when they are accepted, the next ones come


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
@recently_authenticated
def review(request: SignedInRequest, name: str) -> HttpResponse:
    """Show what changed, before and after; accept what is ticked."""
    catalog, error = catalog_of(request, name), ""
    if request.method == "POST" and may_change(request):
        error = _accept(request, catalog)
        if not error:
            return redirect(request.path)
    found = quarantine.changes(catalog)
    context = {
        "catalog": catalog,
        "changes": found[:_MOST],
        "count": len(found),
        "error": error,
        "may_change": may_change(request),
    }
    return render(request, "catalog/changes.html", context, status=422 if error else 200)


def _accept(request: SignedInRequest, catalog: Catalog) -> str:
    """Accept what is ticked. Return what is wrong, if anything."""
    ids = request.POST.getlist("change")[:_MOST]
    if not ids:
        return _("Tick at least one change.")
    try:
        accepted = quarantine.accept(catalog, ids, by=by_of(request))
    except Refused:
        return _("Something changed once more while you read. Look again; nothing was accepted.")
    said = ngettext("%(n)d change was accepted. Its tool works again.", "%(n)d changes were accepted.", len(accepted))
    messages.success(request, said % {"n": len(accepted)})
    return ""

"""The limits of a catalog: what one call may take."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from catalog import connect
from catalog.console.seen import catalog_of


class LimitsForm(forms.Form):
    """What one call may take."""

    row_limit = forms.IntegerField(label=_("Rows of an answer"))
    byte_limit = forms.IntegerField(label=_("Bytes of an answer"))
    statement_timeout_ms = forms.IntegerField(label=_("Milliseconds of a statement"))
    affected_row_limit = forms.IntegerField(label=_("Rows that a statement may change"))
    plan_cost_limit = forms.IntegerField(
        label=_("Expected cost of SQL"),
        required=False,
        help_text=_("In the units of PostgreSQL's planner: EXPLAIN shows them. Empty: any cost."),
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, name: str) -> HttpResponse:
    """Show the form; keep what it says."""
    catalog = catalog_of(request, name)
    kept = {field: getattr(catalog, field) for field in LimitsForm.base_fields}
    form = LimitsForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            connect.update(catalog, by=by_of(request), **form.cleaned_data)
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        else:
            messages.success(request, _now("The limits are saved."))
            return redirect("console-catalog", catalog.name)
    context = {"form": form, "catalog": catalog}
    return render(request, "catalog/limits.html", context, status=422 if form.errors else 200)

"""The schemas of a catalog whose types, operators and collations SQL may use."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.fields import LinesField
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from catalog import connect
from catalog.console.seen import catalog_of


class TrustForm(forms.Form):
    """Their names, one a line."""

    trusted_schemas = LinesField(
        label=_("Trusted schemas"),
        required=False,
        help_text=_("One a line, for example the schema of an extension such as PostGIS. Leave empty to trust none."),
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, name: str) -> HttpResponse:
    """Show the names, and change them."""
    catalog = catalog_of(request, name)
    form = TrustForm(request.POST or None, initial={"trusted_schemas": catalog.trusted_schemas})
    if request.method == "POST" and form.is_valid():
        try:
            connect.update(catalog, by=by_of(request), **form.cleaned_data)
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        else:
            messages.success(request, _now("The trusted schemas are saved."))
            return redirect("console-catalog", catalog.name)
    context = {"form": form, "catalog": catalog}
    return render(request, "catalog/trusted_schemas.html", context, status=422 if form.errors else 200)

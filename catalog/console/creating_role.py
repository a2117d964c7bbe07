"""The creating role of a catalog: set it, with the SQL that makes it; take it away."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from catalog import connect, creating_role
from catalog.console.seen import catalog_of


class CreatorForm(forms.Form):
    """The second login role. Its password is kept encrypted and never shown again."""

    creator_user = forms.CharField(label=_("Creating role"), help_text=_("Used for nothing else."))
    creator_password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "off"}), strip=False
    )
    creator_schema = forms.CharField(
        label=_("Schema for new tables"), help_text=_("The one schema in which the role may create.")
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, name: str) -> HttpResponse:
    """Show the form; test the role and keep it."""
    catalog = catalog_of(request, name)
    kept = {field: getattr(catalog, field) for field in ("creator_user", "creator_schema")}
    form = CreatorForm(request.POST or None, initial=kept)
    if request.method == "POST" and form.is_valid():
        try:
            connect.update(catalog, by=by_of(request), **form.cleaned_data)
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        else:
            said = _now("Tables can be created in “%(schema)s”.") % {"schema": form.cleaned_data["creator_schema"]}
            messages.success(request, said)
            return redirect("console-catalog", catalog.name)
    context = {"form": form, "catalog": catalog, "setup": creating_role.setup(catalog)}
    return render(request, "catalog/creating_role.html", context, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def remove(request: SignedInRequest, name: str) -> HttpResponse:
    """Let nobody create tables from now on."""
    catalog = catalog_of(request, name)
    if request.method == "POST":
        connect.update(catalog, by=by_of(request), creator_user="")
        messages.success(request, _now("The creating role was taken away."))
        return redirect("console-catalog", catalog.name)
    cost = [
        _now("Nobody can create tables in “%(name)s” any more. Tables that are there stay.") % {"name": catalog.name}
    ]
    back = reverse("console-catalog", args=[catalog.name])
    return ask(request, _now("Take creating role away"), cost, parent=catalog.name, back_url=back)

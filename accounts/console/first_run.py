"""The one-time link of the terminal: it signs a person in, or lets the first account admin be made."""

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts import links
from accounts.console.by import by_of
from accounts.console.forms import add_errors
from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.reauthentication import remember_sign_in


class FirstAdminForm(forms.Form):
    """Who the first account admin is."""

    name = forms.CharField(label=_("Name"), max_length=255)
    email = forms.EmailField(label=_("E-mail"), max_length=320)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest, token: str) -> HttpResponse:
    """Use the link; one that was used or is too old says where a new one comes from."""
    if links.is_for_first_admin(token):
        return _make_admin(request, token)
    user = links.consume(token)
    if user is None:
        return render(request, "accounts/link_used.html", status=410)
    return _enter(request, user, method="link")


def _make_admin(request: HttpRequest, token: str) -> HttpResponse:
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            admin = links.make_first_admin(token, by=by_of(request), **form.cleaned_data)
            return _enter(request, admin, method="password")
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "accounts/first_admin.html", {"form": form}, status=422 if form.errors else 200)


def _enter(request: HttpRequest, user: User, *, method: str) -> HttpResponse:
    get_adapter(request).login(request, user)
    remember_sign_in(request, user, method=method)
    return redirect("console-home")

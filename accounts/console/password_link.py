"""Choosing a password: by the link of an admin, or by mail where there is a mail server."""

from allauth.account import views as sign_in
from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts import links
from accounts.console.by import by_of
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.models import User


class PasswordForm(forms.Form):
    """The new password."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """Show who the link is for, and set the password. It signs nobody in: the second factor is asked for there."""
    person = links.person_choosing(token)
    if person is None:
        return render(request, "accounts/link_used.html", {"is_for_password": True}, status=410)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            links.choose_password(token, form.cleaned_data["password"], by=by_of(request, person))
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        else:
            return _to_sign_in(request)
    context = {"form": form, "person": person}
    return render(request, "accounts/password_link.html", context, status=422 if form.errors else 200)


def forgotten(request: HttpRequest) -> HttpResponseBase:
    """Send a mail with a link; without a mail server say who can make one."""
    if not settings.HAS_MAIL:
        return render(request, "accounts/no_mail.html")
    answer: HttpResponseBase = sign_in.password_reset(request)
    return answer


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        get_adapter(request).logout(request)
    messages.success(request, _now("The password was set. Sign in with it."))
    return redirect("account_login")

"""Public keys of a service account: add one by its JSON Web Key, delete one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import service_account_keys
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import KeyForm, add_errors
from accounts.errors import Invalid, Refused
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest, application_id: UUID) -> HttpResponse:
    """Show the form; register the public key."""
    account = _get(application_id)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _added(request, account, form):
        messages.success(request, _("The key was added. The service account can sign with it now."))
        return redirect(_url(account))
    context = {
        "form": form,
        "heading": _("Add public key"),
        "button": _("Add public key"),
        "parent": account.display_name,
        "parent_url": _url(account),
        "cancel_url": _url(account),
    }
    return render(request, "accounts/service_account_form.html", context, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def delete(request: SignedInRequest, application_id: UUID, key_id: UUID) -> HttpResponse:
    """Delete a key and end the tokens that were issued for it."""
    account = _get(application_id)
    key = get_object_or_404(account.keys, id=key_id)
    if request.method == "POST":
        service_account_keys.delete(key, by=by_of(request))
        messages.success(request, _("The key was deleted."))
        return redirect(_url(account))
    cost = [
        _("The key of “%(name)s” with the thumbprint %(thumbprint)s.")
        % {"name": account.display_name, "thumbprint": key.thumbprint},
        _("It stops working now, and so do the tokens that were issued for it. You can add it again."),
    ]
    return ask(request, _("Delete public key"), cost, parent=account.display_name, back_url=_url(account))


def _added(request: SignedInRequest, account: User, form: KeyForm) -> bool:
    given = form.cleaned_data
    try:
        service_account_keys.add(account, by=by_of(request), jwk=given["jwk"], scopes=given["scopes"])
    except Invalid as refusal:
        add_errors(form, refusal.errors)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return not form.errors


def _get(application_id: UUID) -> User:
    return get_object_or_404(User, kind=User.Kind.SERVICE, application_id=application_id)


def _url(account: User) -> str:
    return reverse("console-service-account", args=[account.application_id])

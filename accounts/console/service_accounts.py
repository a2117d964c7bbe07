"""Service accounts: add one with its first secret, its secrets, disable and enable."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import service_accounts, uses
from accounts.console import status
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import SecretForm, ServiceAccountForm, add_errors
from accounts.console.reveal import Line, Reveal, already_revealed, reveal_once, shown_once
from accounts.console.tokens import rows
from accounts.errors import Invalid, Refused
from accounts.models import ServiceAccountSecret, User
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def detail(request: SignedInRequest, application_id: UUID) -> HttpResponse:
    """Show a service account and its secrets."""
    account, now = _get(application_id), timezone.now()
    context = {
        "account": account,
        "status": status.ACTIVE if account.is_active else status.DISABLED,
        "secrets": _with_use("service_secret", account.secrets.order_by("-created_at"), now),
        "keys": _with_use("service_key", account.keys.order_by("-created_at"), now),
        "tokens": rows(list(account.personal_access_tokens.filter(revoked_at=None).order_by("-created_at"))),
        "last_used_at": status.last_used("service", [application_id]).get(str(application_id)),
        "snippet": _snippet(account),
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
    }
    return render(request, "accounts/service_account.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest) -> HttpResponse:
    """Show the form; make the service account with a first secret and show that in the answer."""
    form = ServiceAccountForm(request.POST or None)
    list_url = reverse("console-app-connections")
    context = {
        "heading": _("Add service account"),
        "button": _("Add service account"),
        "parent": _("App connections"),
        "parent_url": list_url,
        "cancel_url": list_url,
    }
    return _make_secret(request, form, context, account=None)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add_secret(request: SignedInRequest, application_id: UUID) -> HttpResponse:
    """Show the form; make one more secret and show it in the answer."""
    account = _get(application_id)
    context = {
        "heading": _("Add secret"),
        "button": _("Add secret"),
        "parent": account.display_name,
        "parent_url": _url(account),
        "cancel_url": _url(account),
    }
    return _make_secret(request, SecretForm(request.POST or None), context, account=account)


@open_to(Role.ACCOUNT_ADMIN)
def secret_created(request: SignedInRequest, application_id: UUID, secret_id: UUID) -> HttpResponse:
    """Say that the secret was shown once."""
    account = _get(application_id)
    secret = get_object_or_404(account.secrets, id=secret_id)
    return shown_once(
        request,
        what=_("secret"),
        last_four=secret.last_four,
        cure=_("Delete it and add another if it was not saved."),
        back=_("Show the service account"),
        back_url=_url(account),
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def delete_secret(request: SignedInRequest, application_id: UUID, secret_id: UUID) -> HttpResponse:
    """Delete a secret and end the tokens that were issued for it."""
    account = _get(application_id)
    secret = get_object_or_404(account.secrets, id=secret_id)
    if request.method == "POST":
        service_accounts.delete_secret(secret, by=by_of(request))
        messages.success(request, _("The secret was deleted."))
        return redirect(_url(account))
    cost = [
        _("The secret of “%(name)s” that ends in %(last_four)s.")
        % {"name": account.display_name, "last_four": secret.last_four},
        _("It stops working now, and so do the tokens that were issued for it. This cannot be undone."),
    ]
    return _confirm(request, account, _("Delete secret"), cost)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def disable(request: SignedInRequest, application_id: UUID) -> HttpResponse:
    """Refuse the service account from the next call on."""
    account = _get(application_id)
    if request.method == "POST":
        return _set_active(request, account, _("“%(name)s” is disabled."), active=False)
    used = status.last_used("service", [application_id]).get(str(application_id))
    cost = [
        _("“%(name)s” was never used.") % {"name": account.display_name}
        if used is None
        else _("“%(name)s” was last used on %(at)s.") % {"name": account.display_name, "at": status.absolute(used)},
        _("Its secrets and tokens are refused from the next call on. You can enable it again."),
    ]
    return _confirm(request, account, _("Disable service account"), cost)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def enable(request: SignedInRequest, application_id: UUID) -> HttpResponse:
    """Let the service account connect again."""
    account = _get(application_id)
    if request.method == "POST":
        return _set_active(request, account, _("“%(name)s” is enabled."), active=True)
    cost = [_("“%(name)s” may connect again with its secrets.") % {"name": account.display_name}]
    return _confirm(request, account, _("Enable service account"), cost, is_harmful=False)


def _get(application_id: UUID) -> User:
    return get_object_or_404(User, kind=User.Kind.SERVICE, application_id=application_id)


def _url(account: User) -> str:
    return reverse("console-service-account", args=[account.application_id])


def _make_secret(
    request: SignedInRequest, form: forms.Form, context: dict[str, Any], *, account: User | None
) -> HttpResponse:
    if request.method == "POST":
        if answer := already_revealed(request):
            return answer
        if form.is_valid():
            try:
                return _reveal(request, *_create(request, form, account))
            except Invalid as refusal:
                add_errors(form, refusal.errors)
            except Refused as refusal:
                form.add_error(None, str(refusal))
    page = "accounts/service_account_form.html"
    return render(request, page, {"form": form, **context}, status=422 if form.errors else 200)


@transaction.atomic
def _create(request: SignedInRequest, form: forms.Form, account: User | None) -> tuple[User, ServiceAccountSecret, str]:
    by = by_of(request)
    account = account or service_accounts.create(form.cleaned_data["name"], by=by)
    secret, raw = service_accounts.add_secret(account, by=by, scopes=form.cleaned_data["scopes"])
    return account, secret, raw


def _reveal(request: SignedInRequest, account: User, secret: ServiceAccountSecret, raw: str) -> HttpResponse:
    return reveal_once(
        request,
        Reveal(
            heading=_("Secret added"),
            what=_("secret"),
            lines=(
                Line(_("Client ID"), "GATEPOST_CLIENT_ID", str(account.application_id)),
                Line(_("Client secret"), "GATEPOST_CLIENT_SECRET", raw),
            ),
            shown_url=reverse("console-service-account-secret-created", args=[account.application_id, secret.id]),
            done_url=_url(account),
            snippet_heading=_("Get a token"),
            snippet=_snippet(account),
        ),
    )


def _snippet(account: User) -> str:
    url = f"{settings.GATEPOST_PUBLIC_URL}/oidc/v1/token"
    return (
        f'curl -u "{account.application_id}:$GATEPOST_CLIENT_SECRET" \\\n'
        f"  -d grant_type=client_credentials -d scope=all-apis {url}"
    )


def _with_use(kind: str, credentials: Iterable[Any], now: datetime) -> list[tuple[Any, status.Status, Any]]:
    """Return each credential with its status and its last use."""
    listed = list(credentials)
    used = uses.last(kind, [credential.id for credential in listed])
    return [(each, _ending(each.expires_at, now), used.get(str(each.id))) for each in listed]


def _ending(expires_at: datetime, now: datetime) -> status.Status:
    if expires_at <= now:
        return status.EXPIRED
    return status.secret_ending(expires_at, now) or status.ACTIVE


def _set_active(request: SignedInRequest, account: User, said: str, *, active: bool) -> HttpResponse:
    service_accounts.set_active(account, active, by=by_of(request))
    messages.success(request, said % {"name": account.display_name})
    return redirect(_url(account))


def _confirm(
    request: SignedInRequest, account: User, heading: str, cost: list[str], *, is_harmful: bool = True
) -> HttpResponse:
    return ask(request, heading, cost, is_harmful=is_harmful, parent=account.display_name, back_url=_url(account))

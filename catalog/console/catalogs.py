"""Catalogs: list them, connect one, look at one, read it anew, switch it off and on."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.console import status
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import NAME_NEEDED, add_errors
from accounts.console.status import Status
from accounts.errors import Invalid, Refused
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from audit.console.keyset import Position, paginate
from catalog import connect, quarantine
from catalog.console.seen import catalog_of, may_change, sees_connections, sight_of
from catalog.models import Catalog
from catalog.tasks import request_refresh

REFUSED = Status(_("Login role refused"), "bad", _("The login role of this catalog may do too much."))
UNREAD = Status(_("Not read yet"), "info")


class ConnectForm(forms.Form):
    """A database to connect. The password is kept encrypted and never shown again."""

    name = forms.CharField(
        label=_("Name"), error_messages=NAME_NEEDED, help_text=_("Letters, digits, - and _. Part of the MCP URLs.")
    )
    host = forms.CharField(label=_("Host"), help_text=_("Host name, address, or folder of a Unix socket."))
    port = forms.IntegerField(label=_("Port"), initial=5432)
    database = forms.CharField(label=_("Database"))
    user = forms.CharField(label=_("Login role"), help_text=_("A role of its own that may only read what it must."))
    password = forms.CharField(
        label=_("Password"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}), strip=False
    )
    sslmode = forms.ChoiceField(
        label=_("Encryption"),
        initial="verify-full",
        choices=[
            ("verify-full", _("Required, certificate and name checked")),
            ("verify-ca", _("Required, certificate checked")),
            ("require", _("Required, certificate not checked")),
            ("prefer", _("If the server offers it")),
            ("disable", _("None")),
        ],
    )
    comment = forms.CharField(label=_("What it holds"), required=False)


@open_to(Role.MEMBER)
def catalog_list(request: SignedInRequest) -> HttpResponse:
    """Show the catalogs that the person may see, newest first."""
    rows = sight_of(request).see_catalogs()
    page = paginate(request, lambda cut: cut.apply(rows, "created_at", "id"), _position, key=int, size=50)
    context = {
        "page": page,
        "rows": [(catalog, status_of(catalog)) for catalog in page.rows],
        "may_change": may_change(request),
        "sees_connections": sees_connections(request),
    }
    return render(request, "catalog/list.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest) -> HttpResponse:
    """Show the form; test the connection and its login role, and connect the database."""
    form = ConnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            catalog = connect.connect(by=by_of(request), **form.cleaned_data)
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            said = _now("“%(name)s” is connected. Reading its objects takes a moment.")
            messages.success(request, said % {"name": catalog.name})
            return redirect(_url(catalog))
    return render(request, "catalog/form.html", {"form": form}, status=422 if form.errors else 200)


@open_to(Role.MEMBER)
def detail(request: SignedInRequest, name: str) -> HttpResponse:
    """Show a catalog: how it is reached and what speaks against its login role, for staff; its schemas, for all."""
    catalog = catalog_of(request, name)
    context: dict[str, Any] = {
        "catalog": catalog,
        "status": status_of(catalog),
        "schemas": sight_of(request).see_schemas(catalog).order_by("name"),
        "may_change": may_change(request),
        "sees_connections": sees_connections(request),
    }
    if context["sees_connections"]:
        context |= {"changed": len(quarantine.changes(catalog)), "privileges": catalog.privileges.count()}
    return render(request, "catalog/detail.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@require_POST
def refresh(request: SignedInRequest, name: str) -> HttpResponse:
    """Ask for a refresh. The worker does it."""
    catalog = catalog_of(request, name)
    request_refresh(catalog)
    messages.success(request, _now("The database is being read anew. Look again in a moment."))
    return redirect(_url(catalog))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def disable(request: SignedInRequest, name: str) -> HttpResponse:
    """Refuse every call to the catalog from now on."""
    catalog = catalog_of(request, name)
    if request.method == "POST":
        return _switch(request, catalog, _now("“%(name)s” is switched off."), enabled=False)
    cost = [
        _now("No app and no person reaches “%(name)s” any more. Calls that run are stopped.") % {"name": catalog.name},
        _now("Its privileges stay. You can switch it on again."),
    ]
    return ask(request, _now("Switch off catalog"), cost, parent=catalog.name, back_url=_url(catalog))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def enable(request: SignedInRequest, name: str) -> HttpResponse:
    """Let calls reach the catalog again."""
    catalog = catalog_of(request, name)
    if request.method == "POST":
        return _switch(request, catalog, _now("“%(name)s” is switched on."), enabled=True)
    cost = [_now("Whoever holds privileges on “%(name)s” reaches it again.") % {"name": catalog.name}]
    return ask(request, _now("Switch on catalog"), cost, is_harmful=False, parent=catalog.name, back_url=_url(catalog))


def status_of(catalog: Catalog) -> Status:
    """Return the state in a word."""
    if not catalog.enabled:
        return status.DISABLED
    if any(finding["severity"] == "refused" for finding in catalog.findings):
        return REFUSED
    return status.ACTIVE if catalog.refreshed_at else UNREAD


def _position(catalog: Catalog) -> Position:
    return Position(catalog.created_at, catalog.pk)


def _url(catalog: Catalog) -> str:
    return reverse("console-catalog", args=[catalog.name])


def _switch(request: SignedInRequest, catalog: Catalog, said: str, *, enabled: bool) -> HttpResponse:
    connect.update(catalog, by=by_of(request), enabled=enabled)
    messages.success(request, said % {"name": catalog.name})
    return redirect(_url(catalog))

"""Settings > App connections: known apps to switch on and off, and apps that came in by themselves."""

from contextlib import suppress
from urllib.parse import unquote

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import add_errors
from accounts.errors import AlreadyExists, Invalid, NotFound
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Cut, Position, paginate
from cli.clients import KnownClient
from connections import client_documents, integrations, published_apps, registrations
from connections.console.forms import FIELD_NAMES, LifetimesForm
from connections.models import AppIntegration


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def known_apps(request: SignedInRequest) -> HttpResponse:
    """Show every known app with its switch."""
    on = {integration.published_app: integration for integration in published_apps.switched_on()}
    context = {
        "rows": [(app, on.get(app.key)) for app in published_apps.APPS.values()],
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
    }
    return render(request, "connections/known_apps.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def switch_on(request: SignedInRequest, app_id: str) -> HttpResponse:
    """Let people connect a known app."""
    app = _app(app_id)
    if request.method == "POST":
        with suppress(AlreadyExists):  # sent twice
            published_apps.switch_on(app.key, by=by_of(request))
        messages.success(request, _("“%(name)s” is switched on.") % {"name": app.name})
        return redirect("console-known-apps")
    cost = [
        _("People may connect “%(name)s”. Each of them decides on the consent page what it may do.")
        % {"name": app.name},
        *_facts(app),
    ]
    return _confirm(request, _("Switch on %(name)s") % {"name": app.name}, cost)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def switch_off(request: SignedInRequest, app_id: str) -> HttpResponse:
    """End the sessions of a known app."""
    app = _app(app_id)
    integration = published_apps.switched_on().filter(published_app=app.key).first()
    if integration is None:
        return redirect("console-known-apps")
    if request.method == "POST":
        published_apps.switch_off(integration, by=by_of(request))
        messages.success(request, _("“%(name)s” is switched off.") % {"name": app.name})
        return redirect("console-known-apps")
    people = integrations.cost(integration).people
    cost = [
        ngettext("%(n)d person will lose access.", "%(n)d people will lose access.", people) % {"n": people},
        _("Its sessions end at the next call. You can switch it on again."),
    ]
    return _confirm(request, _("Switch off %(name)s") % {"name": app.name}, cost, is_harmful=True)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def lifetimes(request: SignedInRequest, app_id: str) -> HttpResponse:
    """Change how long the tokens of a known app live."""
    app = _app(app_id)
    integration = published_apps.switched_on().filter(published_app=app.key).first()
    if integration is None:
        return redirect("console-known-apps")
    form = LifetimesForm(request.POST or None, initial=integrations.policy_of(integration))
    if request.method == "POST" and form.is_valid():
        try:
            published_apps.change_policy(integration, form.cleaned_data, by=by_of(request))
        except Invalid as refusal:
            add_errors(form, refusal.errors, FIELD_NAMES)
        else:
            messages.success(request, _("The lifetimes of “%(name)s” were changed.") % {"name": app.name})
            return redirect("console-known-apps")
    cost = [_("New tokens live as long as this. Tokens that were made before keep their end.")]
    return _confirm(request, _("Change lifetimes of %(name)s") % {"name": app.name}, cost, form=form)


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def registered(request: SignedInRequest) -> HttpResponse:
    """Show the apps that came in by themselves; those that wait for an admin stand on top."""

    def fetch(cut: Cut) -> list[AppIntegration]:
        return list(cut.apply(registrations.self_registered().filter(waits_for_approval=False), "created", "client_id"))

    context = {
        "waiting": registrations.waiting().order_by("created")[:100],
        "page": paginate(request, fetch, lambda client: Position(client.created, client.client_id)),
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
    }
    return render(request, "connections/registered.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def approve(request: SignedInRequest, client_id: str) -> HttpResponse:
    """Let people connect an app that waits."""
    client = _client(client_id)
    if request.method == "POST":
        registrations.approve(client, by=by_of(request))
        messages.success(request, _("“%(name)s” is approved.") % {"name": client.name})
        return redirect("console-registered-apps")
    cost = [*_said(client), _("People may connect it. Each of them decides on the consent page what it may do.")]
    return _confirm(request, _("Approve app"), cost, back="console-registered-apps")


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def reject(request: SignedInRequest, client_id: str) -> HttpResponse:
    """Delete an app that came in by itself."""
    client = _client(client_id)
    if request.method == "POST":
        registrations.delete(client, by=by_of(request), action="client.reject")
        messages.success(request, _("“%(name)s” was removed.") % {"name": client.name})
        return redirect("console-registered-apps")
    people = integrations.cost(client).people
    lost = ngettext("%(n)d person will lose access.", "%(n)d people will lose access.", people) % {"n": people}
    cost = [*_said(client), lost, _("It can register again, unless you switch registration off.")]
    return _confirm(request, _("Remove app"), cost, is_harmful=True, back="console-registered-apps")


def _app(app_id: str) -> KnownClient:
    app = published_apps.APPS.get(app_id)
    if app is None:
        raise Http404
    return app


def _client(client_id: str) -> AppIntegration:
    try:
        return registrations.get(unquote(client_id))  # quoted twice, because proxies merge the // of an address
    except NotFound as error:
        raise Http404 from error


def _facts(app: KnownClient) -> list[str]:
    if not app.are_redirects_fixed:
        return [_("It comes in by its document %(url)s.") % {"url": app.document_url}]
    return [_("It sends people back to: %(urls)s") % {"urls": ", ".join(app.redirect_urls)}]


def _said(client: AppIntegration) -> list[str]:
    """Say what is known of the app, and that it said so itself."""
    host = client_documents.host(client)
    lines = [
        _("It calls itself “%(name)s”. Nobody verified that.") % {"name": client.name},
        _("It sends people back to: %(urls)s") % {"urls": ", ".join(client.redirect_urls)},
    ]
    if host:
        lines.append(_("It is described at %(host)s.") % {"host": host})
    if client.resembles:
        lines.append(_("Its name looks like “%(known)s”.") % {"known": client.resembles})
    return lines


def _confirm(
    request: SignedInRequest,
    heading: str,
    cost: list[str],
    *,
    back: str = "console-known-apps",
    form: forms.Form | None = None,
    is_harmful: bool = False,
) -> HttpResponse:
    parents = {"console-known-apps": _("Known apps"), "console-registered-apps": _("Apps that registered themselves")}
    return ask(request, heading, cost, form=form, is_harmful=is_harmful, parent=parents[back], back_url=reverse(back))

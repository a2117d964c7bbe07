"""Settings > App connections > Add connection: the kind, the form, and the secret shown once."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.addresses import address_of
from accounts.console.by import by_of
from accounts.console.forms import add_errors
from accounts.console.reveal import Line, Reveal, already_revealed, reveal_once, shown_once
from accounts.errors import Invalid
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from connections import integrations
from connections.console.fetch import get_integration
from connections.console.forms import FIELD_NAMES, IntegrationForm, preview
from connections.console.presets import PRESETS
from connections.models import AppIntegration


@open_to(Role.ACCOUNT_ADMIN)
def choose_kind(request: SignedInRequest) -> HttpResponse:
    """Ask what it is that connects."""
    return render(request, "connections/kind.html")


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add_integration(request: SignedInRequest) -> HttpResponse:
    """Show the form; make the app integration and show its secret in the answer to the POST."""
    if request.method != "POST":
        return _show(request, IntegrationForm())
    if urls := preset_urls(request):
        return _show(request, IntegrationForm(initial=with_lines(request, urls)))
    if answer := already_revealed(request):
        return answer
    form = IntegrationForm(request.POST)
    if form.is_valid():
        try:
            made, raw = integrations.create(by=by_of(request), **form.values)
        except Invalid as refusal:
            add_errors(form, refusal.errors, FIELD_NAMES)
        else:
            return _reveal(request, made, raw) if raw else redirect(_detail_url(made))
    return _show(request, form, status=422)


@require_POST
@open_to(Role.ACCOUNT_ADMIN)
def preview_integration(request: SignedInRequest) -> HttpResponse:
    """Draw "What people will see" anew while the form is filled in."""
    return render(request, "connections/preview.html", {"preview": preview(IntegrationForm(request.POST))})


@open_to(Role.ACCOUNT_ADMIN)
def secret_created(request: SignedInRequest, integration_id: UUID, secret_id: UUID) -> HttpResponse:
    """Say that the secret was shown once."""
    integration = get_integration(integration_id)
    secret = integration.secrets.filter(id=secret_id).first()
    return shown_once(
        request,
        what=_("client secret"),
        last_four=secret.last_four if secret else "",
        cure=_("Rotate it if it was not saved."),
        back=_("Show the app integration"),
        back_url=_detail_url(integration),
    )


def reveal_secret(
    request: SignedInRequest, integration: AppIntegration, raw: str, secret_id: UUID, heading: str
) -> HttpResponse:
    """Show a client secret, once, with what a client needs beside it."""
    return reveal_once(
        request,
        Reveal(
            heading=heading,
            what=_("secret"),
            lines=(
                Line(_("Client ID"), "GATEPOST_CLIENT_ID", integration.client_id),
                Line(_("Client secret"), "GATEPOST_CLIENT_SECRET", raw),
            ),
            shown_url=reverse("console-client-secret-created", args=[integration.integration_id, secret_id]),
            done_url=_detail_url(integration),
            snippet_heading=_("Where a client finds the endpoints"),
            snippet=f"curl {settings.GATEPOST_PUBLIC_URL}/.well-known/oauth-authorization-server",
        ),
    )


def preset_urls(request: SignedInRequest) -> tuple[str, ...]:
    """Return the URLs of the preset whose button was pressed, when no script filled them in."""
    pressed = request.POST.get("add_for")
    return next((preset.urls for preset in PRESETS if preset.key == pressed), ())


def with_lines(request: SignedInRequest, urls: tuple[str, ...]) -> dict[str, Any]:
    """Return what was typed so far, with the URLs appended once each."""
    typed = {name: request.POST[name] for name in request.POST}
    lines = [line.strip() for line in typed.get("redirect_urls", "").splitlines() if line.strip()]
    lines += [url for url in urls if url not in lines]
    return {**typed, "redirect_urls": lines, "scopes": request.POST.getlist("scopes")}


def form_context(request: SignedInRequest, form: forms.Form, **more: Any) -> dict[str, Any]:
    """Return what both forms of an app integration show."""
    presets = [{"key": preset.key, "name": preset.name, "lines": "\n".join(preset.urls)} for preset in PRESETS]
    return {"form": form, "presets": presets, "my_address": address_of(request), **more}


def _show(request: SignedInRequest, form: IntegrationForm, status: int = 200) -> HttpResponse:
    list_url = reverse("console-app-connections")
    context = form_context(
        request,
        form,
        heading=_("Add app integration"),
        button=_("Add app integration"),
        parent=_("App connections"),
        parent_url=list_url,
        cancel_url=list_url,
        preview=preview(form),
    )
    return render(request, "connections/integration_form.html", context, status=status)


def _reveal(request: SignedInRequest, made: AppIntegration, raw: str) -> HttpResponse:
    secret = integrations.live_secrets(made)[0]
    return reveal_secret(request, made, raw, secret.id, _("App integration added"))


def _detail_url(integration: AppIntegration) -> str:
    return reverse("console-app-integration", args=[integration.integration_id])

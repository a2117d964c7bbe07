"""One app integration: what it is, its secrets, and what can be done to it. Each action says its cost first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import uses
from accounts.console import status
from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import add_errors
from accounts.console.reveal import already_revealed
from accounts.errors import Invalid
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from connections import consent_policy, integrations
from connections.console.add import form_context, preset_urls, reveal_secret, with_lines
from connections.console.consent_policy import LABELS
from connections.console.fetch import get_integration
from connections.console.forms import FIELD_NAMES, ChangeForm, DeleteForm, RotateForm
from connections.console.rows import integration_status
from connections.models import AppIntegration

ENDPOINTS = (
    ("Authorize", "/oidc/v1/authorize"),
    ("Token", "/oidc/v1/token"),
    ("Revoke", "/oidc/v1/revoke"),
    ("Server metadata", "/.well-known/oauth-authorization-server"),
)


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def show(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Show the app integration."""
    integration = get_integration(integration_id)
    secrets = integrations.live_secrets(integration)
    used = uses.last("client_secret", [secret.id for secret in secrets])
    context = {
        "integration": integration,
        "status": integration_status(integration, timezone.now()),
        "cost": integrations.cost(integration),
        "people_are_asked": LABELS[AppIntegration.ConsentPolicy(integration.consent_policy)],
        "pre_approved_groups": consent_policy.describe(integration)["groups"],
        "created_by": User.objects.filter(id=integration.created_by or 0).first(),
        "endpoints": [(name, f"{settings.GATEPOST_PUBLIC_URL}{path}") for name, path in ENDPOINTS],
        "secrets": [(secret, _secret_status(secret.expires_at), used.get(str(secret.id))) for secret in secrets],
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
    }
    return render(request, "connections/detail.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Change redirect URLs, scopes, lifetimes and addresses."""
    integration = get_integration(integration_id)
    if request.method != "POST":
        return _show_form(request, integration, ChangeForm.showing(integration))
    if urls := preset_urls(request):
        return _show_form(request, integration, ChangeForm(initial=with_lines(request, urls)))
    form = ChangeForm(request.POST)
    if form.is_valid():
        try:
            integrations.update(integration, by=by_of(request), **form.values)
        except Invalid as refusal:
            add_errors(form, refusal.errors, FIELD_NAMES)
        else:
            messages.success(request, _("“%(name)s” was changed.") % {"name": integration.name})
            return _back(integration)
    return _show_form(request, integration, form, status=422)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def rotate(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Make a new secret; the old one works for the overlap that was chosen."""
    integration = get_integration(integration_id)
    form = RotateForm(request.POST or None)
    if request.method == "POST":
        if answer := already_revealed(request):
            return answer
        if form.is_valid():
            made = integrations.rotate_secret(
                integration, by=by_of(request), overlap_seconds=int(form.cleaned_data["overlap"])
            )
            return reveal_secret(request, integration, made.raw, made.secret.id, _("Secret rotated"))
    return _confirm(
        request,
        integration,
        heading=_("Rotate secret"),
        cost=[_("A new secret is made and shown once. Both work until the old one ends.")],
        form=form,
        is_harmful=False,
    )


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def disable(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Refuse its tokens from the next call on, until it is enabled again."""
    integration = get_integration(integration_id)

    def act() -> str:
        integrations.set_enabled(integration, False, by=by_of(request))
        return _("“%(name)s” is disabled.") % {"name": integration.name}

    sentences = [*_cost(integration), _("Its tokens are refused from the next call on. You can enable it again.")]
    return _act(request, integration, act, heading=_("Disable app integration"), cost=sentences)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def enable(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Let it connect again."""
    integration = get_integration(integration_id)

    def act() -> str:
        integrations.set_enabled(integration, True, by=by_of(request))
        return _("“%(name)s” is enabled.") % {"name": integration.name}

    sentences = [_("“%(name)s” may connect again. Sessions that were revoked stay ended.") % {"name": integration.name}]
    return _act(request, integration, act, heading=_("Enable app integration"), cost=sentences, is_harmful=False)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def revoke_tokens(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """End all sessions; people can connect again."""
    integration = get_integration(integration_id)

    def act() -> str:
        ended = integrations.revoke_tokens(integration, by=by_of(request))
        return ngettext("%(n)d session ended.", "%(n)d sessions ended.", ended) % {"n": ended}

    sentences = [*_cost(integration), _("Sessions end at the next call. People can connect again.")]
    return _act(request, integration, act, heading=_("Revoke all tokens"), cost=sentences)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def delete(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Delete it for good, once its name was typed."""
    integration = get_integration(integration_id)
    form = DeleteForm(request.POST or None, expected=integration.name)
    if request.method == "POST" and form.is_valid():
        integrations.delete(integration, by=by_of(request))
        messages.success(request, _("“%(name)s” was deleted.") % {"name": integration.name})
        return redirect("console-app-connections")
    sentences = [
        *_cost(integration),
        _("Deleting cannot be undone. To delete it, type its name: %(name)s") % {"name": integration.name},
    ]
    return _confirm(request, integration, heading=_("Delete app integration"), cost=sentences, form=form)


def _act(
    request: SignedInRequest, integration: AppIntegration, act: Callable[[], str], *, heading: str, **context: Any
) -> HttpResponse:
    """Do it on POST, ask on GET."""
    if request.method != "POST":
        return _confirm(request, integration, heading=heading, **context)
    messages.success(request, act())
    return _back(integration)


def _confirm(
    request: SignedInRequest,
    integration: AppIntegration,
    *,
    heading: str,
    cost: list[str],
    form: forms.Form | None = None,
    is_harmful: bool = True,
) -> HttpResponse:
    back_url = reverse("console-app-integration", args=[integration.integration_id])
    return ask(request, heading, cost, form=form, is_harmful=is_harmful, parent=integration.name, back_url=back_url)


def _cost(integration: AppIntegration) -> list[str]:
    """Say what stops, in numbers."""
    cost = integrations.cost(integration)
    people = ngettext("%(n)d person will lose access.", "%(n)d people will lose access.", cost.people)
    used = _("Last used %(span)s ago.") % {"span": timesince(cost.last_used_at, depth=1)} if cost.last_used_at else ""
    return [f"{people % {'n': cost.people}} {used or _('Never used.')}"]


def _secret_status(expires_at: datetime | None) -> status.Status:
    soon = status.secret_ending(expires_at, timezone.now()) if expires_at else None
    return soon or status.ACTIVE


def _show_form(
    request: SignedInRequest, integration: AppIntegration, form: ChangeForm, status: int = 200
) -> HttpResponse:
    detail_url = reverse("console-app-integration", args=[integration.integration_id])
    context = form_context(
        request,
        form,
        heading=_("Change app integration"),
        button=_("Save changes"),
        parent=integration.name,
        parent_url=detail_url,
        cancel_url=detail_url,
    )
    return render(request, "connections/integration_form.html", context, status=status)


def _back(integration: AppIntegration) -> HttpResponse:
    return redirect("console-app-integration", integration.integration_id)

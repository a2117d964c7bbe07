"""Prompts: those that there are, writing one with a preview, removing one."""

from collections.abc import Callable
from contextlib import suppress

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.errors import Invalid, NotFound, Refused
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from mcp_endpoint import authoring
from mcp_endpoint.console.prompt_form import PromptForm, preview
from mcp_endpoint.models import Prompt


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def prompt_list(request: SignedInRequest) -> HttpResponse:
    """Show all of them: there are at most authoring.QUOTA."""
    may_change = Role.ACCOUNT_ADMIN in roles_of(request.user)
    context = {"prompts": Prompt.objects.order_by("name"), "may_change": may_change}
    return render(request, "mcp_endpoint/prompts.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest) -> HttpResponse:
    """Show the form, and make a prompt."""
    form = PromptForm(request.POST or None)

    def keep() -> Prompt:
        fields = form.fields()
        return authoring.create(fields.pop("name"), fields, by=by_of(request))

    return _written(request, form, keep, _now("Add a prompt"), _now("“%(name)s” was made."))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, name: str) -> HttpResponse:
    """Show what is kept, and change it."""
    found = _found(name)
    form = PromptForm(request.POST or None, {"name": found.name, **authoring.said(found)})
    form.form.fields["name"].disabled = True

    def keep() -> Prompt:
        fields = form.fields()
        del fields["name"]
        return authoring.change(found, fields, by=by_of(request))

    return _written(request, form, keep, _now("Change prompt"), _now("“%(name)s” was changed."))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def delete(request: SignedInRequest, name: str) -> HttpResponse:
    """Ask, and remove a prompt."""
    found = _found(name)
    if request.method == "POST":
        authoring.delete(found, by=by_of(request))
        messages.success(request, _now("“%(name)s” was removed.") % {"name": found.name})
        return redirect("console-prompts")
    cost = [_now("No MCP URL offers “%(name)s” any more.") % {"name": found.name}]
    return ask(request, _now("Remove prompt"), cost, parent=_now("Prompts"), back_url=reverse("console-prompts"))


def _found(name: str) -> Prompt:
    try:
        return authoring.find(name)
    except NotFound:
        raise Http404 from None


def _written(
    request: SignedInRequest, form: PromptForm, keep: Callable[[], Prompt], heading: str, done: str
) -> HttpResponse:
    """Show the form with what it would say, until it is saved."""
    shown = []
    if form.is_valid():
        try:
            shown = preview(form.fields())
            if "preview" not in request.POST:
                messages.success(request, done % {"name": keep().name})
                return redirect("console-prompts")
            form = form.again()
        except Invalid as refusal:
            form.refuse(refusal)
        except Refused as refusal:
            form.form.add_error("name", str(refusal))
    elif request.method != "POST":
        with suppress(Invalid):  # nothing is written yet
            shown = preview(form.kept)
    context = {"editor": form, "form": form.form, "shown": shown, "heading": heading}
    return render(request, "mcp_endpoint/prompt_form.html", context, status=422 if form.has_faults else 200)

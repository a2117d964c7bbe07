"""MCP servers: the URLs that there are, what each offers to the person who looks, and the curated ones."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.fields import LinesField
from accounts.console.forms import NAME_NEEDED, add_errors
from accounts.errors import Invalid, NotFound, Refused
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from connections import origin, token_servers
from mcp_endpoint import curation
from mcp_endpoint.console.offers import offer
from mcp_endpoint.models import CuratedServer
from mcp_endpoint.paths import is_resource
from mcp_endpoint.preview import curated_for

_MOST = 200  # of a kind on a page
_EXAMPLE = '[{"kind": "tables", "selector": "demo/sales", "tool": "query_orders", "alias": "orders"}]'


class ToolsField(forms.JSONField):
    """The entries as JSON, as the API takes them."""

    def clean(self, value: Any) -> Any:
        """Refuse what is no list of objects."""
        given = super().clean(value)
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            raise forms.ValidationError(_now("Write a list of entries, like the example."))
        return given


class ServerForm(forms.Form):
    """A curated server. What an entry may say is checked where the API checks it."""

    name = forms.CharField(
        label=_("Name"), error_messages=NAME_NEEDED, help_text=_("Letters, digits, - and _. Part of the MCP URL.")
    )
    title = forms.CharField(label=_("Title"), required=False, max_length=200)
    description = forms.CharField(label=_("What it is for"), required=False, max_length=2000)
    instructions = forms.CharField(
        label=_("Instructions"), required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("For the model.")
    )
    tools = ToolsField(
        label=_("Tools"),
        initial=list,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "dir": "ltr"}),
        help_text=_(
            "In order, for example %(example)s. Without “tool”: all tools of the URL. Also: description, presets."
        )
        % {"example": _EXAMPLE},
    )
    allow = LinesField(
        label=_("Only these"), required=False, help_text=_("One pattern of tool names a line, with * and ?.")
    )
    deny = LinesField(label=_("Not these"), required=False, help_text=_("One pattern of tool names a line."))
    enabled = forms.BooleanField(label=_("Answers calls"), required=False, initial=True)


@open_to(Role.MEMBER)
def server_list(request: SignedInRequest) -> HttpResponse:
    """Show the curated servers and the URLs of catalogs."""
    curated = list(CuratedServer.objects.order_by("name")[:_MOST])
    if not roles_of(request.user) & {Role.ACCOUNT_ADMIN, Role.AUDITOR}:
        usable = frozenset(curated_for(request.user))
        curated = [server for server in curated if curation.path_of(server) in usable]
    managed = token_servers.offered(request.user, is_resource)
    context = {
        "curated": [(server, curation.path_of(server)) for server in curated],
        "managed": managed[:_MOST],
        "managed_count": len(managed),
        "may_change": _may_change(request),
    }
    return render(request, "mcp_endpoint/servers.html", context)


@open_to(Role.MEMBER)
@require_GET
def server(request: SignedInRequest) -> HttpResponse:
    """Show one URL, given by `?path=`: its tools as the person finds them, and their size."""
    path = request.GET.get("path", "")
    if not is_resource(path):
        raise Http404
    found = offer(request.user, path)
    context = {"offer": found, "shown": found.tools[:_MOST] if found else [], "url": origin.of(request) + path}
    return render(request, "mcp_endpoint/server.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def add(request: SignedInRequest) -> HttpResponse:
    """Show the form, and make a curated server."""
    form = ServerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        made = _kept(form, lambda: curation.create(fields.pop("name"), fields, by=by_of(request)))
        if made:
            return _done(request, _now("“%(name)s” was made."), made)
    return _form(request, form, _now("Add a curated server"))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, name: str) -> HttpResponse:
    """Show what is kept, and change it."""
    found = _found(name)
    form = ServerForm(request.POST or None, initial={"name": found.name, **curation.said(found)})
    form.fields["name"].disabled = True
    if request.method == "POST" and form.is_valid():
        fields = {key: value for key, value in form.cleaned_data.items() if key != "name"}
        made = _kept(form, lambda: curation.change(found, fields, by=by_of(request)))
        if made:
            return _done(request, _now("“%(name)s” was changed."), made)
    return _form(request, form, _now("Change curated server"))


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def delete(request: SignedInRequest, name: str) -> HttpResponse:
    """Ask, and remove a curated server."""
    found = _found(name)
    if request.method == "POST":
        curation.delete(found, by=by_of(request))
        return _done(request, _now("“%(name)s” was removed."), found)
    cost = [
        _now("The URL of “%(name)s” answers nobody any more.") % {"name": found.name},
        _now("The objects behind its tools stay, and so do all privileges."),
    ]
    back = reverse("console-mcp-servers")
    return ask(request, _now("Remove curated server"), cost, parent=_now("MCP servers"), back_url=back)


def _found(name: str) -> CuratedServer:
    try:
        return curation.find(name)
    except NotFound:
        raise Http404 from None


def _kept(form: ServerForm, keep: Any) -> CuratedServer | None:
    """Return the server, or show at the form why it was not kept."""
    try:
        kept: CuratedServer = keep()
    except Invalid as refusal:
        add_errors(form, refusal.errors)
    except Refused as refusal:
        form.add_error("name", str(refusal))
    else:
        return kept
    return None


def _form(request: SignedInRequest, form: ServerForm, heading: str) -> HttpResponse:
    context = {"form": form, "heading": heading}
    return render(request, "mcp_endpoint/server_form.html", context, status=422 if form.errors else 200)


def _done(request: SignedInRequest, said: str, server: CuratedServer) -> HttpResponse:
    messages.success(request, said % {"name": server.name})
    return redirect("console-mcp-servers")


def _may_change(request: SignedInRequest) -> bool:
    return Role.ACCOUNT_ADMIN in roles_of(request.user)

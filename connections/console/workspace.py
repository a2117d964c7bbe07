"""Settings > Workspace: how clients may come in, who needs a second factor."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.fields import LinesField
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.reauthentication import recently_authenticated
from accounts.second_factor import RequiredOf
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from connections import policy, registrations
from connections.policy import Documents, Policy, Registration


class WorkspaceForm(forms.Form):
    """The settings of the workspace."""

    client_registration = forms.ChoiceField(
        label=_("Apps that register themselves"),
        choices=[
            (Registration.OFF, _("Off: an admin adds each app")),
            (Registration.APPROVAL, _("With approval: an admin approves each app before people can connect it")),
            (Registration.OPEN, _("Open: people decide on the consent page")),
        ],
        help_text=_("Dynamic client registration. Most editors and assistants use it."),
    )
    client_documents = forms.ChoiceField(
        label=_("Apps that have a document about themselves"),
        choices=[
            (Documents.OFF, _("Off, except for known apps that are switched on")),
            (Documents.LISTED, _("Only from the hosts below")),
            (Documents.ANY, _("From any host")),
        ],
        help_text=_("Client ID metadata documents. The host of the document says whose app it is."),
    )
    client_document_hosts = LinesField(
        label=_("Hosts of documents"),
        required=False,
        help_text=_("One host a line, for example claude.ai. No wildcards."),
    )
    second_factor = forms.ChoiceField(
        label=_("Who needs a second factor"),
        choices=[(RequiredOf.ADMINS, _("Account admins")), (RequiredOf.EVERYBODY, _("Everybody"))],
        help_text=_("A passkey or an authenticator app. Whoever has none sets it up at the next sign-in by password."),
    )

    @classmethod
    def showing(cls, rules: Policy, *, may_change: bool) -> "WorkspaceForm":
        """Return the form with what is in force."""
        form = cls(initial={**_plain(rules), "client_document_hosts": list(rules.client_document_hosts)})
        for field in form.fields.values():
            field.disabled = not may_change
        return form


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
@recently_authenticated
def settings(request: SignedInRequest) -> HttpResponse:
    """Show the settings, and change them on POST."""
    may_change = Role.ACCOUNT_ADMIN in roles_of(request.user)
    form = WorkspaceForm.showing(policy.load(), may_change=may_change)
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        form = WorkspaceForm(request.POST)
        if form.is_valid():
            try:
                policy.change(by=by_of(request), **form.cleaned_data)
            except Invalid as refusal:
                add_errors(form, refusal.errors)
            else:
                messages.success(request, _now("The settings were changed. Apps that came in before stay."))
                return redirect("console-workspace")
    context = {"form": form, "may_change": may_change, "came_in": registrations.self_registered().count()}
    return render(request, "connections/workspace.html", context, status=422 if form.errors else 200)


def _plain(rules: Policy) -> dict[str, Any]:
    return {
        "client_registration": rules.client_registration,
        "client_documents": rules.client_documents,
        "second_factor": rules.second_factor,
    }

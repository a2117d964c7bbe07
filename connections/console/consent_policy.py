"""When people are asked about one app integration: the form of its consent policy."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.console.by import by_of
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.models import Group
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from connections import consent_policy
from connections.console.fetch import get_integration
from connections.models import AppIntegration

Policy = AppIntegration.ConsentPolicy
LABELS = {
    Policy.EVERY_TIME: gettext_lazy("Every time"),
    Policy.FIRST_TIME: gettext_lazy("The first time"),
    Policy.PRE_APPROVED: gettext_lazy("Not asked: an admin accepted in advance"),
}


class PolicyForm(forms.Form):
    """The policy, and the groups that it holds for."""

    policy = forms.ChoiceField(label=gettext_lazy("People are asked"), choices=LABELS.items(), widget=forms.RadioSelect)
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Groups"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Group.objects.order_by("name").values_list("name", flat=True)
        self.fields["groups"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]

    @property
    def chosen_groups(self) -> list[str]:
        """Return the groups, after the form was found valid. Ticks that stand beside another policy mean nothing."""
        return self.cleaned_data["groups"] if self.cleaned_data["policy"] == Policy.PRE_APPROVED else []


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Show the form; set the policy."""
    integration = get_integration(integration_id)
    form = PolicyForm(request.POST or None, initial=consent_policy.describe(integration))
    if request.method == "POST" and form.is_valid():
        try:
            consent_policy.change(integration, form.cleaned_data["policy"], form.chosen_groups, by=by_of(request))
        except Invalid as refusal:
            add_errors(form, refusal.errors, {"redirect_urls": "policy"})
        else:
            messages.success(request, _("“%(name)s” was changed.") % {"name": integration.name})
            return redirect("console-app-integration", integration.integration_id)
    context = {"form": form, "integration": integration}
    return render(request, "connections/consent_policy.html", context, status=422 if form.errors else 200)

"""Settings > App connections > Consents: who allowed which app what. Account admins take it back."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Cut, Position, paginate
from connections import authorized_apps, consents
from connections.authorized_apps import Authorization
from connections.console.fetch import get_integration
from connections.models import Consent


class ConsentFilter(forms.Form):
    """Of whom, and for which app."""

    person = forms.CharField(label=_("Person: name or e-mail"), required=False, max_length=200)
    app = forms.CharField(label=_("App: name or client ID"), required=False, max_length=2000)

    def apply(self, rows: QuerySet[Consent]) -> QuerySet[Consent]:
        """Return the consents that pass. A value that cannot be read filters nothing."""
        self.is_valid()
        if person := self.cleaned_data.get("person"):
            rows = rows.filter(Q(user__email__icontains=person) | Q(user__name__icontains=person))
        if app := self.cleaned_data.get("app"):
            rows = rows.filter(Q(integration__name__icontains=app) | Q(integration__client_id=app))
        return rows


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def consent_list(request: SignedInRequest) -> HttpResponse:
    """Show the consents in force, newest first."""
    form = ConsentFilter(request.GET)
    found = form.apply(consents.live().select_related("user", "integration"))

    def fetch(cut: Cut) -> list[Authorization]:
        return authorized_apps.with_life(cut.apply(found, "created_at", "id"))

    context = {
        "form": form,
        "page": paginate(request, fetch, lambda seen: Position(seen.consent.created_at, seen.consent.pk), key=UUID),
        "is_filtered": any(form.cleaned_data.values()),
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
    }
    return render(request, "connections/consents.html", context)


@open_to(Role.ACCOUNT_ADMIN)
def revoke_of_app(request: SignedInRequest, integration_id: UUID) -> HttpResponse:
    """Take back what everybody allowed one app. Taking power away needs no second sign-in."""
    integration = get_integration(integration_id)
    back_url = reverse("console-app-integration", args=[integration_id])
    if request.method == "POST":
        ended = consents.revoke_all(None, integration, by=by_of(request), reason="ended_by_admin")
        said = ngettext("%(n)d session ended.", "%(n)d sessions ended.", ended) % {"n": ended}
        messages.success(request, said)
        return redirect(back_url)
    number = consents.live().filter(integration=integration).count()
    told = ngettext("%(n)d consent is taken back.", "%(n)d consents are taken back.", number) % {"n": number}
    cost = [told, _now("The sessions end at the next call, and the app has to ask everybody again.")]
    return ask(request, _now("Revoke all consents"), cost, parent=integration.name, back_url=back_url)

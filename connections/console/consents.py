"""Settings > App connections > Consents: who allowed which app what. Account admins take it back."""

from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Cut, Position, paginate
from connections import authorized_apps, consents
from connections.authorized_apps import Authorization
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

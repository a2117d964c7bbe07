"""Settings > App connections: the list of everything that may connect."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import paginate
from connections import published_apps, registrations
from connections.console import rows
from connections.console.rows import Filter, Kind

LABELS = {
    Kind.ALL: _("All"),
    Kind.INTEGRATIONS: _("App integrations"),
    Kind.SERVICE_ACCOUNTS: _("Service accounts"),
    Kind.TOKENS: _("Personal access tokens"),
}


class ListFilter(forms.Form):
    """Search and status. A value that cannot be read filters nothing."""

    kind = forms.ChoiceField(required=False, choices=[(kind, kind) for kind in Kind], widget=forms.HiddenInput)
    q = forms.CharField(label=_("Search name or client ID"), required=False, max_length=200)
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[
            ("", _("Any status")),
            (Filter.ACTIVE, _("Active")),
            (Filter.ENDING, _("Ends within 30 days")),
            (Filter.ENDED, _("Expired")),
            (Filter.DISABLED, _("Disabled")),
        ],
    )


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def connection_list(request: SignedInRequest) -> HttpResponse:
    """Show one tab of the list."""
    form = ListFilter(request.GET)
    form.is_valid()
    chosen = form.cleaned_data
    kind = Kind(chosen.get("kind") or Kind.ALL)
    search, status = chosen.get("q", ""), chosen.get("status", "")
    page = paginate(request, lambda cut: rows.fetch(kind, search, status, cut), rows.position)
    context = {
        "form": form,
        "page": page,
        "tabs": _tabs(kind),
        "is_filtered": bool(search or status),
        "clear_url": f"{reverse('console-app-connections')}?{urlencode({'kind': kind})}",
        "ending": rows.secrets_ending(timezone.now()),
        "waiting": registrations.waiting().count(),
        "known_apps_on": list(published_apps.switched_on().order_by("name").values_list("name", flat=True)),
        "may_change": Role.ACCOUNT_ADMIN in roles_of(request.user),
    }
    return render(request, "connections/list.html", context)


def _tabs(current: Kind) -> list[dict[str, object]]:
    url, counts = reverse("console-app-connections"), rows.counts()
    return [
        {"label": label, "count": counts[kind], "url": f"{url}?kind={kind}", "is_current": kind is current}
        for kind, label in LABELS.items()
    ]

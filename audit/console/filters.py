"""The filters of the audit list. They live in the URL."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEvent

RANGES = {
    "15m": (_("Last 15 minutes"), timedelta(minutes=15)),
    "1h": (_("Last hour"), timedelta(hours=1)),
    "24h": (_("Last 24 hours"), timedelta(hours=24)),
    "7d": (_("Last 7 days"), timedelta(days=7)),
    "30d": (_("Last 30 days"), timedelta(days=30)),
}


class AuditFilter(forms.Form):
    """Time range, principal, action, outcome and free text; each narrows what the others leave."""

    within = forms.ChoiceField(
        label=_("Time"),
        required=False,
        choices=[("", _("Any time")), *((key, label) for key, (label, _span) in RANGES.items())],
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("Any outcome")),
            ("allowed", _("Allowed")),
            ("denied", _("Denied")),
            ("failed", _("Failed")),
            ("attempt", _("Attempted")),
        ],
    )
    principal = forms.CharField(label=_("Principal"), required=False, max_length=320)
    action = forms.CharField(label=_("Action"), required=False, max_length=100)
    client = forms.CharField(label=_("Client ID"), required=False, max_length=255, widget=forms.HiddenInput)
    q = forms.CharField(label=_("Text"), required=False, max_length=200)

    @property
    def is_used(self) -> bool:
        """Tell whether any filter narrows the list."""
        return any(self.data.get(name) for name in self.fields)

    def apply(self, events: "QuerySet[AuditEvent]") -> "QuerySet[AuditEvent]":
        """Return the events that pass. A filter that cannot be read hides everything and says why."""
        if not self.is_valid():
            return events.none()
        chosen: dict[str, Any] = self.cleaned_data
        if chosen["within"]:
            events = events.filter(at__gte=timezone.now() - RANGES[chosen["within"]][1])
        lookups = {"outcome": "outcome", "principal": "principal_name__icontains", "action": "action__istartswith"}
        exact = {lookup: chosen[name] for name, lookup in lookups.items() if chosen[name]}
        if chosen["client"]:
            exact["client_id"] = chosen["client"]
        return events.filter(_text(chosen["q"]), **exact)


def _text(words: str) -> Q:
    columns = ("object", "reason", "client_name", "request_id", "credential_id", "action")
    found = Q()
    for column in columns if words else ():
        found |= Q(**{f"{column}__icontains": words})
    return found

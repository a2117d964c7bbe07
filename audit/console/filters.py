"""The filters of the audit list. They live in the URL."""

from datetime import timedelta

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit import selection
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
        return selection.select(events, self.filters())

    def filters(self) -> dict[str, str]:
        """Return what was chosen as filters of audit.selection, with the time range counted from now. The form is valid."""
        chosen: dict[str, str] = self.cleaned_data
        span = RANGES[chosen["within"]][1] if chosen["within"] else None
        since = timezone.now().replace(microsecond=0) - span if span else None
        given = {
            "from": since.isoformat() if since else "",
            "decision": chosen["outcome"],
            "principal_part": chosen["principal"],
            "action_begins": chosen["action"],
            "client_id": chosen["client"],
            "text": chosen["q"],
        }
        return {name: text for name, text in given.items() if text}

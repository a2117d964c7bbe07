"""The form that narrows a consent. It offers what there is and takes away; connections.consents checks."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.scopes import Scope
from connections import narrowing
from connections.models import Consent
from connections.narrowing import Narrowed


class NarrowForm(forms.Form):
    """Catalogs, writing and time: each only where there is something to take away."""

    catalogs = forms.MultipleChoiceField(
        label=gettext_lazy("Catalogs"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Leave at least one catalog, or revoke the app.")},
    )
    write = forms.BooleanField(label=gettext_lazy("Change data"), required=False)
    minutes = forms.ChoiceField(label=gettext_lazy("Ends"), required=False)

    def __init__(self, *args: Any, consent: Consent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.consent, self.now = consent, timezone.now()
        self.offered = consent.catalogs or narrowing.choosable_catalogs(consent.user, consent.resource)
        self._offer_catalogs()
        if Scope.MCP_WRITE not in consent.scopes or Scope.MCP_WRITE in consent.integration.user_authorized_scopes:
            del self.fields["write"]
        else:
            self.fields["write"].initial = True
        self.fields["minutes"].choices = [  # type: ignore[attr-defined]
            ("", _("As it is")),
            *((str(minutes), _in(minutes)) for minutes in narrowing.sooner(consent.ends_at, self.now)),
        ]

    @property
    def wanted(self) -> Narrowed:
        """Return what stays, after the form was found valid."""
        consent, given = self.consent, self.cleaned_data
        takes_write = "write" in self.fields and not given["write"]
        return Narrowed(
            scopes=tuple(name for name in consent.scopes if not (takes_write and name == Scope.MCP_WRITE)),
            catalogs=self._catalogs(given.get("catalogs", [])),
            ends_at=self._end(given["minutes"]),
        )

    def _offer_catalogs(self) -> None:
        if not self.offered:
            del self.fields["catalogs"]
            return
        field: Any = self.fields["catalogs"]
        field.choices = [(name, name) for name in self.offered]
        field.initial = self.offered

    def _catalogs(self, kept: list[str]) -> tuple[str, ...] | None:
        # All of "every catalog that I may use" stays just that: it grows when the person may use more.
        if self.consent.catalogs is None and set(kept) == set(self.offered):
            return None
        return tuple(kept)

    def _end(self, minutes: str) -> datetime:
        return self.now + timedelta(minutes=int(minutes)) if minutes else self.consent.ends_at


def _in(minutes: int) -> str:
    hours, days = minutes // 60, minutes // 1440
    if days:
        return ngettext("In %(n)d day", "In %(n)d days", days) % {"n": days}
    return ngettext("In %(n)d hour", "In %(n)d hours", hours) % {"n": hours}

"""Forms of the own pages of accounts. The domain functions check; the forms only read and show."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.console.fields import JsonField, LinesField, ScopesField
from accounts.console.reveal import OnceForm
from accounts.console.scope_picker import SIGN_IN

PRESET_DAYS = (7, 30, 60, 90)
NAME_NEEDED = {"required": _("Enter a name.")}


def add_errors(form: forms.Form, errors: Mapping[str, Iterable[str]], names: Mapping[str, str] | None = None) -> None:
    """Show the errors of a domain function at the fields of a form; what has no field stands on top."""
    for name, messages in errors.items():
        field = (names or {}).get(name, name)
        for message in messages:
            form.add_error(field if field in form.fields else None, message)


class TokenForm(OnceForm):
    """A new personal access token. It always ends; the choices spell the date out."""

    comment = forms.CharField(
        error_messages=NAME_NEEDED,
        label=_("Name"),
        max_length=256,
        help_text=_("What the token is for, for example “Laptop, Cursor”."),
    )
    days = forms.ChoiceField(label=_("Ends"), initial="30", widget=forms.RadioSelect)
    ends_on = forms.DateField(
        label=_("Own date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    scopes = ScopesField(without=SIGN_IN)
    reach = forms.ChoiceField(
        label=_("MCP servers"),
        initial="all",
        widget=forms.RadioSelect,
        choices=[("all", _("Everything that the scopes allow, the REST API included")), ("chosen", _("Only these"))],
    )
    servers = forms.MultipleChoiceField(label=_("Servers"), required=False, widget=forms.CheckboxSelectMultiple)
    ip_allowlist = LinesField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_("One address or range a line, for example 198.51.100.0/24. Leave empty to allow any address."),
    )

    def __init__(self, *args: Any, servers: Sequence[str] = (), now: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now or timezone.now()
        self.fields["servers"].choices = [(path, path) for path in servers]  # type: ignore[attr-defined]
        presets = [(str(days), _spelt_out(days, self.now)) for days in PRESET_DAYS]
        self.fields["days"].choices = [*presets, ("own", _("On a date of your own"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Work out when the token ends."""
        values = super().clean() or {}
        if values.get("days") == "own":
            if not values.get("ends_on"):
                self.add_error("ends_on", _("Choose the day on which the token ends."))
            elif values["ends_on"] <= self.now.date():
                self.add_error("ends_on", _("Choose a day in the future."))
        if values.get("reach") == "chosen" and not values.get("servers") and "servers" not in self.errors:
            self.add_error("servers", _("Choose at least one server."))
        return values

    @property
    def resources(self) -> list[str]:
        """Return the MCP URLs that the token opens, after the form was found valid; none for everything."""
        return self.cleaned_data["servers"] if self.cleaned_data["reach"] == "chosen" else []

    @property
    def lifetime(self) -> timedelta:
        """How long the token lives, after the form was found valid."""
        if self.cleaned_data["days"] != "own":
            return timedelta(days=int(self.cleaned_data["days"]))
        day = self.cleaned_data["ends_on"]
        return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=self.now.tzinfo) - self.now


class ServiceAccountForm(OnceForm):
    """A new service account with its first secret."""

    name = forms.CharField(
        error_messages=NAME_NEEDED,
        label=_("Name"),
        max_length=100,
        help_text=_("What runs under it, for example “Nightly job”."),
    )
    scopes = ScopesField(without=SIGN_IN, label=_("Scopes of the first secret"))


class SecretForm(OnceForm):
    """One more secret of a service account."""

    scopes = ScopesField(without=SIGN_IN)


class KeyForm(forms.Form):
    """A public key of a service account."""

    jwk = JsonField(
        label=_("Public key"),
        help_text=_("A JSON Web Key: EC on P-256, Ed25519, or RSA of at least 2,048 bits. Never the private half."),
        error_messages={"required": _("Paste a JSON Web Key."), "invalid": _("This is no JSON.")},
    )
    scopes = ScopesField(without=SIGN_IN)


def _spelt_out(days: int, now: datetime) -> str:
    end = now + timedelta(days=days)
    return _("%(days)s days: ends %(date)s") % {"days": days, "date": f"{end:%A} {end.day} {end:%B %Y}"}

"""The form of an app integration. It reads and shows; connections.integrations checks (one validator with the API)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.console.fields import JsonField, LinesField, ScopesField
from accounts.console.forms import NAME_NEEDED
from accounts.console.reveal import OnceForm
from accounts.scopes import SENTENCES, Scope, known
from connections import client_keys, redirect_uri
from connections.models import AppIntegration

LIFETIMES = ("access_token_ttl_in_minutes", "refresh_token_ttl_in_minutes")
PLAIN = ("redirect_urls", "scopes", "ip_allowlist", "allowed_catalogs", "may_introspect")
# Where the validator's names differ from those of the fields.
FIELD_NAMES = {f"token_access_policy.{name}": name for name in LIFETIMES}


class LifetimesForm(forms.Form):
    """How long tokens live."""

    access_token_ttl_in_minutes = forms.IntegerField(
        label=_("Access token, minutes"), initial=60, help_text=_("5 to 1,440 minutes.")
    )
    refresh_token_ttl_in_minutes = forms.IntegerField(
        label=_("Refresh token, minutes"),
        initial=10_080,
        help_text=_("From the access token's lifetime to 129,600 minutes (90 days). Replaced at every use."),
    )


class ChangeForm(LifetimesForm):
    """What can change after an app integration was made."""

    field_order = ["redirect_urls", "scopes"]

    redirect_urls = LinesField(
        error_messages={"required": _("Enter at least one URL.")},
        label=_("Redirect URLs"),
        help_text=_("One per line. Matched exactly. Wildcards are not allowed."),
    )
    scopes = ScopesField()
    ip_allowlist = LinesField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_("One address or range a line, for example 198.51.100.0/24. Leave empty to allow any address."),
    )
    allowed_catalogs = LinesField(
        label=_("Allowed catalogs"),
        required=False,
        help_text=_("One catalog a line. Leave empty to allow every catalog that its people may use."),
    )
    may_introspect = forms.BooleanField(
        label=_("May ask about every token"),
        required=False,
        help_text=_("For a gateway that checks tokens (RFC 7662). Without it an app learns about its own tokens only."),
    )

    jwks = JsonField(
        label=_("JSON Web Key Set"),
        required=False,
        help_text=_("Public keys with which a confidential app signs who it is (private_key_jwt), five at most."),
        error_messages={"invalid": _("This is no JSON.")},
    )

    @classmethod
    def showing(cls, integration: AppIntegration) -> "ChangeForm":
        """Return the form with what is stored."""
        stored = {name: getattr(integration, name) for name in (*PLAIN, *LIFETIMES)}
        return cls(initial={**stored, "jwks": client_keys.jwks(integration) if integration.public_keys else None})

    @property
    def values(self) -> dict[str, Any]:
        """Return the fields of rest-api.md 4.1, after the form was found valid."""
        given = {name: self.cleaned_data[name] for name in (*PLAIN, "jwks")}
        given["allowed_catalogs"] = given["allowed_catalogs"] or None
        return {**given, "token_access_policy": {name: self.cleaned_data[name] for name in LIFETIMES}}


class IntegrationForm(OnceForm, ChangeForm):
    """A new app integration."""

    field_order = ["name", "client_type", "redirect_urls", "scopes"]

    name = forms.CharField(
        error_messages=NAME_NEEDED,
        label=_("Name"),
        max_length=100,
        help_text=_("People see this name on the consent page."),
    )
    client_type = forms.ChoiceField(
        label=_("Client type"),
        initial="confidential",
        choices=[("confidential", _("Confidential")), ("public", _("Public"))],
    )

    @property
    def values(self) -> dict[str, Any]:
        """Add what cannot change later."""
        confidential = self.cleaned_data["client_type"] == "confidential"
        return {**super().values, "name": self.cleaned_data["name"], "confidential": confidential}


class RotateForm(OnceForm):
    """How long the old secret keeps working."""

    overlap = forms.ChoiceField(
        label=_("Keep the old secret for"),
        initial="86400",
        choices=[
            ("0", _("No time: it ends now")),
            ("3600", _("1 hour")),
            ("86400", _("24 hours")),
            ("604800", _("7 days")),
        ],
    )


class DeleteForm(forms.Form):
    """The name, typed, so that nobody deletes the wrong thing."""

    name = forms.CharField(
        label=_("Name of the app integration"), widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_name(self) -> str:
        """Refuse another name."""
        name: str = self.cleaned_data["name"]
        if name != self.expected:
            raise forms.ValidationError(_("Type the name exactly as it stands above."))
        return name


def preview(form: forms.Form) -> dict[str, Any]:
    """Return what people will see on the consent page, from whatever the form holds by now."""
    chosen = [scope for text in form["scopes"].value() or [] if (scope := known(text))]
    urls = form["redirect_urls"].value() or ""
    first = str(urls).strip().partition("\n")[0].strip()
    usable = bool(first) and redirect_uri.problem(first, confidential=False) is None
    return {
        "name": form["name"].value() or _("Your app"),
        "sentences": [SENTENCES[Scope(scope)] for scope in chosen],
        "host": redirect_uri.host(first) if usable else "",
        "stays_here": usable and redirect_uri.stays_on_this_computer(first),
    }

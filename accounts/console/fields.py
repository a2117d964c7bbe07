"""Form fields of the console: lines of text, scopes."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.console import scope_picker
from accounts.scopes import Scope


class LinesField(forms.CharField):
    """A text area with one entry a line. Blank lines are left out."""

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        attrs = {"rows": rows, "spellcheck": "false", "autocapitalize": "off", "dir": "ltr"}
        super().__init__(widget=forms.Textarea(attrs=attrs), **options)

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the entries in order."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class ScopesField(forms.MultipleChoiceField):
    """Scopes, drawn by the picker (templates/partials/scopes.html)."""

    read_only = " ".join(scope_picker.READ_ONLY)

    def __init__(self, *, without: Collection[Scope] = (), **options: Any) -> None:
        self.groups = scope_picker.groups(without)
        offered = [(choice.scope.value, choice.sentence) for _heading, line in self.groups for choice in line]
        options.setdefault("label", _("Scopes"))
        options.setdefault("error_messages", {"required": _("Choose at least one scope.")})
        super().__init__(choices=offered, widget=forms.CheckboxSelectMultiple, **options)


class JsonField(forms.JSONField):
    """JSON, pasted. An empty field is empty, not the word null."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocapitalize": "off", "dir": "ltr"})

    def prepare_value(self, value: Any) -> str:
        """Return the text that stands in the field."""
        return "" if value is None else super().prepare_value(value)

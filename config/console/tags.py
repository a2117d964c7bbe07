"""Template tags of the console: icons, form fields, times. Loaded in every template (settings: builtins)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Select
from django.template.defaultfilters import date as format_date
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

register = template.Library()

ICONS = "vendor/tabler-icons-3.51.0/sprite.svg"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon: the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" width="24" height="24" aria-hidden="true"><use href="{}#{}"/></svg>', static(ICONS), name
    )


@register.simple_tag
def widget(field: BoundField, extra: str = "") -> SafeString:
    """The field's control with the classes of the kit; Django adds aria-describedby and aria-invalid."""
    control = field.field.widget
    kind = "form-control"
    if isinstance(control, CheckboxInput):
        kind = "form-check-input"
    elif isinstance(control, Select):
        kind = "form-select"
    classes = " ".join(filter(None, [kind, "is-invalid" if field.errors else "", extra]))
    return field.as_widget(attrs={"class": classes, "placeholder": False})  # the label says it all


@register.inclusion_tag("partials/field.html")
def field(field: BoundField, extra: str = "") -> dict[str, Any]:
    """Label, control, errors and help of one field."""
    return {"field": field, "extra": extra, "is_checkbox": isinstance(field.field.widget, CheckboxInput)}


@register.filter
def moment(value: datetime | None) -> SafeString:
    """An absolute time in UTC, machine-readable as well."""
    if value is None:
        return SafeString("")
    utc = value.astimezone(UTC)
    return format_html('<time datetime="{}">{} UTC</time>', utc.isoformat(), format_date(utc, "j M Y, H:i"))


@register.filter
def ago(value: datetime | None, never: str = "") -> SafeString | str:
    """How long ago, with the absolute UTC time in the title; the words of `never` where there is no time."""
    if value is None:
        return never
    utc = value.astimezone(UTC)
    span = timesince(value, depth=1)
    words = _("%(span)s ago") % {"span": span} if timezone.now() - value >= timedelta(minutes=1) else _("Just now")
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>', utc.isoformat(), format_date(utc, "j M Y, H:i:s"), words
    )


@register.filter
def initials(name: str) -> str:
    """Two letters that stand for a name where there is no logo."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    letters = words[0][:2] if len(words) == 1 else "".join(word[0] for word in words[:2])
    return letters.upper() or "?"

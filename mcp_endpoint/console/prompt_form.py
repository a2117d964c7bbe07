"""The form of a prompt: its words, and rows for its arguments and messages. What it may say is checked by authoring."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.fields import LinesField
from accounts.console.forms import NAME_NEEDED, add_errors
from accounts.errors import Invalid
from mcp_endpoint import authoring
from mcp_endpoint.prompts import gaps

_SPARE: Final = 1  # empty row at the end


class WordsForm(forms.Form):
    """What a prompt is and where it is offered."""

    name = forms.CharField(
        label=_("Name"),
        error_messages=NAME_NEEDED,
        help_text=_("Letters, digits, - and _. Clients show it as a command."),
    )
    title = forms.CharField(label=_("Title"), required=False)
    description = forms.CharField(label=_("What it is for"), required=False)
    offered_on = LinesField(
        label=_("Offered on"),
        required=False,
        help_text=_(
            "One place a line: */demo, tables/demo/sales, sql, servers/desk. * is everywhere; none is nowhere."
        ),
    )
    enabled = forms.BooleanField(label=_("Offered"), required=False, initial=True)


class ArgumentForm(forms.Form):
    """One argument. A row without a name is left out."""

    name = forms.CharField(label=_("Name"), required=False)
    title = forms.CharField(label=_("Title"), required=False)
    description = forms.CharField(label=_("Description"), required=False)
    complete = forms.ChoiceField(
        label=_("Completed by the names of"),
        required=False,
        choices=[("", _("Nothing")), *((word, word.title()) for word in authoring.COMPLETED)],
    )
    values = LinesField(label=_("Or by these values"), required=False, rows=2, help_text=_("One a line."))
    required = forms.BooleanField(label=_("Required"), required=False)


class MessageForm(forms.Form):
    """One message. A row without text and resource is left out."""

    role = forms.ChoiceField(label=_("Who says it"), choices=[("user", _("User")), ("assistant", _("Assistant"))])
    text = forms.CharField(
        label=_("Text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Gaps are written {{argument}}."),
    )
    resource = forms.CharField(
        label=_("Or a resource"),
        required=False,
        help_text=_("For example gatepost://demo/{{schema}}/tables/{{table}}."),
    )


_Arguments = forms.formset_factory(ArgumentForm, extra=_SPARE, max_num=authoring.MOST, absolute_max=authoring.MOST * 2)
_Messages = forms.formset_factory(MessageForm, extra=_SPARE, max_num=authoring.MOST, absolute_max=authoring.MOST * 2)


class PromptForm:
    """The three parts as one. `data` is what was sent, `kept` what is there already."""

    def __init__(self, data: QueryDict | None = None, kept: Mapping[str, Any] | None = None) -> None:
        self.kept = dict(kept or {})
        self.form = WordsForm(data, initial=self.kept)
        self.arguments = _Arguments(data, initial=self.kept.get("arguments"), prefix="arguments")
        self.messages = _Messages(data, initial=self.kept.get("messages"), prefix="messages")
        self._parts = (self.form, self.arguments, self.messages)

    @property
    def has_faults(self) -> bool:
        """Tell whether it was sent and something is wrong."""
        return any(part.is_bound and not part.is_valid() for part in self._parts)

    def is_valid(self) -> bool:
        """Tell whether it was sent and can be read."""
        return all(part.is_bound and part.is_valid() for part in self._parts)

    def fields(self) -> dict[str, Any]:
        """Return what was sent, as authoring takes it, after it was found valid."""
        arguments = [each for each in self.arguments.cleaned_data if each.get("name") or each.get("description")]
        messages = [each for each in self.messages.cleaned_data if each.get("text") or each.get("resource")]
        for message in messages:
            message["text"] = message["text"].replace("\r\n", "\n")  # as browsers send lines
        return {**self.form.cleaned_data, "arguments": arguments, "messages": messages}

    def refuse(self, refusal: Invalid) -> None:
        """Show what authoring refused. Rows are named by their numbers."""
        words = {"arguments": _now("Arguments"), "messages": _now("Messages")}
        told = {
            name: [f"{words[name]}, {said}" if name in words else said for said in every]
            for name, every in refusal.errors.items()
        }
        add_errors(self.form, told)

    def again(self) -> "PromptForm":
        """Return a form that shows what was sent, with new empty rows."""
        shown = PromptForm(kept=self.fields())
        shown.form.fields["name"].disabled = self.form.fields["name"].disabled
        return shown


def preview(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the messages with a sample in each gap: the first value, or the argument's name. Raise Invalid."""
    checked = authoring.check({name: value for name, value in fields.items() if name != "name"})
    samples = {
        each["name"]: each["values"][0] if each["values"] else f"[{each['name']}]" for each in checked["arguments"]
    }
    return [{**each, "text": gaps.fill(each["text"] or each["resource"], samples)} for each in checked["messages"]]

"""Who may use what of a catalog: list, grant, take back."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.fields import LinesField
from accounts.console.forms import add_errors
from accounts.errors import Invalid, Refused
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from audit.console.keyset import Position, paginate
from catalog import privileges
from catalog.console.seen import catalog_of, may_change
from catalog.models import Catalog, Privilege
from catalog.principals import principal_of
from catalog.privileges import Securable
from catalog.restriction import MASKS

_FIELDS: Final = {"row_filter": "filter_column"}


class GrantForm(forms.Form):
    """A privilege to grant. What is left empty stands for everything below."""

    principal = forms.CharField(
        label=_("Who"),
        error_messages={"required": _("Name a person, a service account or a group.")},
        help_text=_("E-mail address, application ID of a service account, or name of a group."),
    )
    schema = forms.CharField(label=_("Schema"), required=False, help_text=_("Empty: the whole catalog."))
    table = forms.CharField(label=_("Table or view"), required=False, help_text=_("Empty: the whole schema."))
    function = forms.CharField(label=_("Function"), required=False, help_text=_("Instead of a table."))
    signature = forms.CharField(
        label=_("Argument types"), required=False, help_text=_("For an overloaded function, for example integer,text.")
    )
    privileges = forms.MultipleChoiceField(
        label=_("Privileges"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one privilege.")},
        choices=[
            ("USE_CATALOG", _("Use the catalog")),
            ("USE_SCHEMA", _("Use schemas")),
            ("SELECT", _("Read tables and views")),
            ("EXECUTE", _("Call functions")),
            ("MODIFY", _("Change rows")),
        ],
        help_text=_("Data opens only with both “use” privileges and one of the others."),
    )
    masks = LinesField(
        label=_("Masked columns"),
        required=False,
        help_text=_("For reading one table: a column and null or hash on each line, for example email hash."),
    )
    filter_column = forms.CharField(
        label=_("Rows by column"), required=False, help_text=_("For reading one table: only rows that are theirs.")
    )
    filter_equals = forms.ChoiceField(
        label=_("The column holds"),
        required=False,
        choices=[("principal", _("Their e-mail address or application ID")), ("group", _("The name of a group"))],
    )

    def clean_masks(self) -> dict[str, str]:
        """Return column to mask."""
        pairs = [line.rpartition(" ") for line in self.cleaned_data["masks"]]
        if not all(column.strip() and mask in MASKS for column, _space, mask in pairs):
            raise forms.ValidationError(_("Write a column, a space, and null or hash on each line."))
        return {column.strip(): mask for column, _space, mask in pairs}

    @property
    def restriction(self) -> dict[str, Any] | None:
        """Return the masks and the row filter, if there are any."""
        given = self.cleaned_data
        found: dict[str, Any] = {"masks": given["masks"]} if given["masks"] else {}
        if given["filter_column"]:
            found["row_filter"] = {"column": given["filter_column"], "equals": given["filter_equals"] or "principal"}
        return found or None


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def privilege_list(request: SignedInRequest, name: str) -> HttpResponse:
    """Show who holds what, newest first."""
    catalog = catalog_of(request, name)
    rows = catalog.privileges.select_related("user", "group", "catalog")
    page = paginate(request, lambda cut: cut.apply(rows, "granted_at", "id"), _position, key=int, size=50)
    context = {"catalog": catalog, "page": page, "may_change": may_change(request)}
    return render(request, "catalog/privileges.html", context)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def grant(request: SignedInRequest, name: str) -> HttpResponse:
    """Show the form; grant what it says."""
    catalog = catalog_of(request, name)
    form = GrantForm(request.POST or None, initial={"schema": request.GET.get("schema", "")})
    if request.method == "POST" and form.is_valid() and _grant(request, catalog, form):
        return redirect("console-catalog-privileges", catalog.name)
    context = {"catalog": catalog, "form": form}
    return render(request, "catalog/grant.html", context, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def revoke(request: SignedInRequest, name: str, privilege_id: int) -> HttpResponse:
    """Take a privilege back."""
    catalog = catalog_of(request, name)
    held = catalog.privileges.select_related("user", "group").filter(pk=privilege_id).first()
    if held is None:
        raise Http404
    if request.method == "POST":
        privileges.revoke(held.holder, held.action, _securable(held), by=by_of(request))
        messages.success(request, _now("%(privilege)s was taken back.") % {"privilege": held.action})
        return redirect("console-catalog-privileges", catalog.name)
    back = reverse("console-catalog-privileges", args=[catalog.name])
    told = {"who": held.holder_name, "privilege": held.action, "where": _securable(held)}
    cost = [
        _now("%(who)s loses %(privilege)s on %(where)s from the next call on.") % told,
        _now("What they hold through a group, or on something above, stays."),
    ]
    return ask(request, _now("Take privilege back"), cost, parent=_now("Privileges"), back_url=back)


def _grant(request: SignedInRequest, catalog: Catalog, form: GrantForm) -> bool:
    """Grant all or nothing. The form tells what is wrong."""
    given = form.cleaned_data
    try:
        where = privileges.on(
            catalog,
            given["schema"],
            table=given["table"],
            function=given["function"],
            signature=given["signature"] or None,
        )
        actions = privileges.actions_of(given["privileges"], where)
        privileges.grant_all(
            principal_of(given["principal"]), actions, where, by=by_of(request), restriction=form.restriction
        )
    except Invalid as refusal:
        add_errors(form, refusal.errors, _FIELDS)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    else:
        messages.success(request, _now("Granted to %(who)s.") % {"who": given["principal"]})
    return not form.errors


def _position(privilege: Privilege) -> Position:
    return Position(privilege.granted_at, privilege.pk)


def _securable(held: Privilege) -> Securable:
    return Securable(held.catalog, held.securable, held.schema, held.object, held.signature)

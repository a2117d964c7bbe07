"""Document search of one table: which columns are searched and shown, the index that makes it fast, and its end."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.console.forms import add_errors
from accounts.errors import Invalid
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from catalog import document_search
from catalog.console.seen import catalog_of, sight_of
from catalog.document_search import Choice
from catalog.models import Catalog, DocumentSearch


class DocumentSearchForm(forms.Form):
    """How the rows of a table are searched and shown."""

    title_column = forms.ChoiceField(label=_("Title"), help_text=_("The column that names a row for people."))
    text_columns = forms.MultipleChoiceField(
        label=_("Texts"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one column.")},
        help_text=_("They are searched, and make up the text of a document."),
    )
    url_template = forms.CharField(
        label=_("Address of a row"),
        required=False,
        help_text=_("For example https://support.example.com/tickets/{id}. Empty: the schema in this console."),
    )
    configuration = forms.ChoiceField(label=_("Language of the texts"), help_text=_("A text search configuration."))

    def __init__(self, *args: object, texts: list[str], configurations: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what every form takes
        for name, offered in (("title_column", texts), ("text_columns", texts), ("configuration", configurations)):
            self.fields[name].choices = [(each, each) for each in offered]  # type: ignore[attr-defined]

    @property
    def choice(self) -> Choice:
        """Return what was chosen, after the form was found valid."""
        given = self.cleaned_data
        return Choice(**{**given, "text_columns": tuple(given["text_columns"])})


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def show(request: SignedInRequest, name: str, schema: str, table: str) -> HttpResponse:
    """Show what is chosen for a table and the form to change it; switch the search on as the form says."""
    catalog = catalog_of(request, name)
    _check_there(request, catalog, schema, table)
    row = DocumentSearch.objects.filter(catalog=catalog, schema=schema, table=table).first()
    texts, key = document_search.columns_of(catalog, schema, table)
    form = DocumentSearchForm(
        request.POST or None,
        initial=vars(row) if row else {},
        texts=texts,
        configurations=catalog.text_search_configurations,
    )
    if request.method == "POST" and form.is_valid() and _put(request, catalog, schema, table, form):
        return redirect(request.path)
    context = {
        "catalog": catalog,
        "schema": schema,
        "table": table,
        "row": row,
        "index": document_search.index_statement(row) if row else "",
        "is_possible": bool(texts and key),
        "form": form,
    }
    return render(request, "catalog/documents.html", context, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def switch_off(request: SignedInRequest, name: str, schema: str, table: str) -> HttpResponse:
    """Let nobody search the table any more."""
    catalog = catalog_of(request, name)
    _check_there(request, catalog, schema, table)
    back = reverse("console-documents", args=[name, schema, table])
    if request.method == "POST":
        document_search.switch_off(catalog, schema, table, by=by_of(request))
        messages.success(request, _now("The rows of “%(name)s” are searched no more.") % {"name": table})
        return redirect(back)
    cost = [
        _now("ChatGPT finds no row of “%(name)s” any more. Rows that it found before cannot be read again.")
        % {"name": table},
        _now("What you chose stays. You can switch it on again."),
    ]
    return ask(request, _now("Switch off document search"), cost, parent=table, back_url=back)


def _check_there(request: SignedInRequest, catalog: Catalog, schema: str, table: str) -> None:
    if "\0" in schema + table:
        raise Http404
    if not sight_of(request).see_relations(catalog).filter(schema__name=schema, name=table).exists():
        raise Http404


def _put(request: SignedInRequest, catalog: Catalog, schema: str, table: str, form: DocumentSearchForm) -> bool:
    try:
        document_search.put(catalog, schema, table, form.choice, by=by_of(request))
    except Invalid as refusal:
        add_errors(form, refusal.errors)
        return False
    messages.success(request, _now("The rows of “%(name)s” can be searched.") % {"name": table})
    return True

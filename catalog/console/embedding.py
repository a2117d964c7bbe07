"""Text queries of one vector index: the function of the database that makes vectors of texts (mcp.md 4.6)."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.console.by import by_of
from accounts.console.confirmation import ask
from accounts.errors import NotFound
from accounts.reauthentication import recently_authenticated
from audit.console.access import Role, SignedInRequest, open_to
from catalog import embedding_functions
from catalog.console.seen import catalog_of
from catalog.models import EmbeddingFunction


class EmbeddingForm(forms.Form):
    """Which function."""

    function = forms.ChoiceField(
        label=_("Function"),
        error_messages={"required": _("Choose a function.")},
        help_text=_("It takes one text and returns the type of the column. People need EXECUTE on it."),
    )

    def __init__(self, *args: object, choosable: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what every form takes
        names = [f"{schema}.{name}" for schema, name in choosable]
        self.fields["function"].choices = [(str(at), each) for at, each in enumerate(names)]  # type: ignore[attr-defined]


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def edit(request: SignedInRequest, name: str, schema: str, index: str) -> HttpResponse:
    """Show the choice and the form to change it; let people search by text as the form says."""
    catalog = catalog_of(request, name)
    try:
        choosable = embedding_functions.choosable(catalog, schema.replace("\0", ""), index.replace("\0", ""))
    except NotFound:
        raise Http404 from None
    row = EmbeddingFunction.objects.filter(catalog=catalog, schema=schema, index=index).first()
    chosen = (row.function_schema, row.function) if row else None
    initial = {"function": str(choosable.index(chosen))} if chosen in choosable else {}
    form = EmbeddingForm(request.POST or None, initial=initial, choosable=choosable)
    if request.method == "POST" and form.is_valid():
        named = choosable[int(form.cleaned_data["function"])]
        embedding_functions.put(catalog, schema, index, named, by=by_of(request))
        messages.success(request, _now("“%(name)s” can be searched by text.") % {"name": index})
        return redirect(request.path)
    context = {
        "catalog": catalog,
        "schema": schema,
        "index": index,
        "row": row,
        "not_offered": embedding_functions.not_offered_because(row) if row else "",
        "form": form,
        "is_possible": bool(choosable),
    }
    return render(request, "catalog/embedding.html", context, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def remove(request: SignedInRequest, name: str, schema: str, index: str) -> HttpResponse:
    """Let nobody search the index by text any more."""
    catalog = catalog_of(request, name)
    try:
        embedding_functions.find(catalog, schema.replace("\0", ""), index.replace("\0", ""))
    except NotFound:
        raise Http404 from None
    back = reverse("console-embedding", args=[name, schema, index])
    if request.method == "POST":
        embedding_functions.remove(catalog, schema, index, by=by_of(request))
        messages.success(request, _now("“%(name)s” is searched by vectors only.") % {"name": index})
        return redirect(back)
    cost = [_now("Searches of “%(name)s” need a vector again. Nothing changes in the database.") % {"name": index}]
    return ask(request, _now("End text queries"), cost, parent=index, back_url=back)

"""Settings > Budgets: how much one principal may use."""

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
from audit.console.access import Role, SignedInRequest, open_to, roles_of
from audit.console.keyset import Position, paginate
from connections import budgets
from connections.models import Budget


class BudgetForm(forms.Form):
    """Limits of one level and subject. What is left empty is not limited."""

    level = forms.ChoiceField(
        label=_("For each person and service account"),
        choices=[
            (Budget.Level.ACCOUNT, _("In all")),
            (Budget.Level.CATALOG, _("On one catalog")),
            (Budget.Level.CLIENT, _("Through one app")),
            (Budget.Level.TOKEN, _("With one personal access token")),
        ],
    )
    subject = forms.CharField(
        label=_("Which one"),
        required=False,
        help_text=_("Name of the catalog, client ID of the app, or ID of the token. Empty for “In all”."),
    )
    calls_per_day = forms.IntegerField(label=_("Calls a day"), required=False, help_text=_("Days end at 00:00 UTC."))
    rows_per_day = forms.IntegerField(label=_("Rows a day"), required=False)
    bytes_per_day = forms.IntegerField(label=_("Bytes a day"), required=False)
    concurrent_calls = forms.IntegerField(
        label=_("Calls at one time"), required=False, help_text=_("In each process of Gatepost.")
    )
    rows = forms.IntegerField(label=_("Rows of one call"), required=False)
    bytes = forms.IntegerField(label=_("Bytes of one call"), required=False)
    seconds = forms.IntegerField(label=_("Seconds of one call"), required=False)
    plan_cost = forms.IntegerField(
        label=_("Planned cost of one call"),
        required=False,
        help_text=_("What PostgreSQL's planner may expect SQL to cost, in its own units; explain_query shows it."),
    )


@open_to(Role.ACCOUNT_ADMIN, Role.AUDITOR)
def budget_list(request: SignedInRequest) -> HttpResponse:
    """Show the budgets, the last changed one first."""
    page = paginate(
        request, lambda cut: cut.apply(Budget.objects.all(), "updated_at", "id"), _position, key=int, size=50
    )
    may_change = Role.ACCOUNT_ADMIN in roles_of(request.user)
    return render(request, "connections/budgets.html", {"page": page, "may_change": may_change})


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def put(request: SignedInRequest) -> HttpResponse:
    """Show the form; set what it says."""
    form = BudgetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        try:
            budgets.put(given.pop("level"), given.pop("subject"), given, by=by_of(request))
        except Invalid as refusal:
            add_errors(form, refusal.errors)
        else:
            messages.success(request, _now("The budget is set."))
            return redirect("console-budgets")
    return render(request, "connections/budget_form.html", {"form": form}, status=422 if form.errors else 200)


@open_to(Role.ACCOUNT_ADMIN)
@recently_authenticated
def remove(request: SignedInRequest, budget_id: int) -> HttpResponse:
    """Take the limits away."""
    budget = Budget.objects.filter(pk=budget_id).first()
    if budget is None:
        raise Http404
    if request.method == "POST":
        budgets.remove(budget.level, budget.subject, by=by_of(request))
        messages.success(request, _now("The budget was removed."))
        return redirect("console-budgets")
    back = reverse("console-budgets")
    cost = [_now("The limits of “%(budget)s” end at once. Other budgets stay.") % {"budget": budget}]
    return ask(request, _now("Remove budget"), cost, parent=_now("Budgets"), back_url=back)


def _position(budget: Budget) -> Position:
    return Position(budget.updated_at, budget.pk)

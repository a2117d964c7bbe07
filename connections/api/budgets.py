"""Budgets of tool calls. Gatepost's own API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, Whole, parameter, present, refuse_unknown_parameters, rfc3339
from accounts.api.openapi import Done, page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.scopes import Scope
from connections import budgets
from connections.api import answers
from connections.models import Budget


class Limits(Body):
    """How much one principal may use. What is left out is not limited."""

    level = Text(help_text="account, catalog, client or token.")
    subject = Text(
        required=False, allow_blank=True, help_text="Catalog name, client_id or token_id; empty for the account."
    )
    calls_per_day = Whole(required=False, help_text="Tool calls on a day (UTC).")
    rows_per_day = Whole(required=False, help_text="Rows on a day (UTC).")
    bytes_per_day = Whole(required=False, help_text="Bytes of rows, as JSON, on a day (UTC).")
    concurrent_calls = Whole(required=False, help_text="Calls at one time, in each process.")
    rows = Whole(required=False, help_text="Rows of one call.")
    bytes = Whole(required=False, help_text="Bytes of the rows of one call.")
    seconds = Whole(required=False, help_text="Seconds of one call.")
    plan_cost = Whole(
        required=False, help_text="What PostgreSQL's planner may expect the SQL of one call to cost, in its own units."
    )


def row(budget: Budget) -> dict[str, Any]:
    """Return a budget as the API shows it."""
    return {
        "level": budget.level,
        "subject": budget.subject,
        **present(**{name: getattr(budget, name) for name in budgets.LIMITS}),
        "update_time": rfc3339(budget.updated_at),
    }


class Budgets(APIView):
    """Every budget."""

    access = {
        "GET": Access("reader", Scope.ALL_APIS),
        "PUT": Access("account_admin", Scope.ACCESS_MANAGEMENT),
        "DELETE": Access("account_admin", Scope.ACCESS_MANAGEMENT),
    }

    @extend_schema(
        parameters=paging(), responses=page("ListBudgets", budgets=answers.BudgetInfo), summary="List budgets"
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of them."""
        refuse_unknown_parameters(request, ("page_size", "page_token"))
        found, token = page_of(budgets.all_budgets(), request, order=("level", "subject", "id"), default=50, cap=500)
        return Response({"budgets": [row(each) for each in found], **present(next_page_token=token)})

    @extend_schema(request=Limits, responses=answers.BudgetInfo, summary="Set a budget")
    def put(self, request: Request) -> Response:
        """Make these the limits. Every process obeys within a second."""
        given = Limits.of(request)
        level, subject = given.pop("level"), given.pop("subject", "")
        return Response(row(budgets.put(level, subject, given, by=by_of(request))))

    @extend_schema(
        parameters=[
            query("level", "account, catalog, client or token.", required=True),
            query("subject", "Catalog name, client_id or token_id."),
        ],
        responses={200: Done},
        summary="Remove a budget",
    )
    def delete(self, request: Request) -> Response:
        """Take the limits away."""
        refuse_unknown_parameters(request, ("level", "subject"))
        budgets.remove(parameter(request, "level"), parameter(request, "subject"), by=by_of(request))
        return Response({})

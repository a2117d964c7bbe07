"""SQL statements, as the API describes them. What answers is mcp_endpoint.sql_statements, before Django where it can."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api.openapi import Done
from accounts.api.permissions import Access
from accounts.scopes import Scope
from mcp_endpoint import views
from mcp_endpoint.api import statement_answers as answers
from mcp_endpoint.sql_statements.fields import NewStatement

_RUN = Access("any", Scope.SQL, Scope.MCP_SQL)


class Statements(APIView):
    """Statements to run."""

    access = {"POST": _RUN}

    @extend_schema(request=NewStatement, responses=answers.Statement, summary="Run an SQL statement")
    def post(self, request: Request) -> HttpResponseBase:
        """Run one, with the privileges of the caller. One that writes needs the scope `mcp.write` too."""
        return views.sql_statements(request._request)


class OneStatement(APIView):
    """One statement of the caller's."""

    access = {"GET": _RUN}

    @extend_schema(responses=answers.Statement, summary="Show a statement and its result")
    def get(self, request: Request, statement_id: str) -> HttpResponseBase:
        """Wait up to 5 seconds for one that runs. Results are kept for 15 minutes, for the same principal and client."""
        return views.sql_statements(request._request)


class Chunk(APIView):
    """Rows of a statement."""

    access = {"GET": _RUN}

    @extend_schema(responses=answers.Rows, summary="Show the rows of a statement")
    def get(self, request: Request, statement_id: str, chunk_index: int) -> HttpResponseBase:
        """Answer the rows. All of them are in chunk 0."""
        return views.sql_statements(request._request)


class Cancel(APIView):
    """The end of a statement."""

    access = {"POST": _RUN}

    @extend_schema(request=None, responses={200: Done}, summary="Cancel a statement")
    def post(self, request: Request, statement_id: str) -> HttpResponseBase:
        """Answer {}. The state of the statement then tells how it ended."""
        return views.sql_statements(request._request)

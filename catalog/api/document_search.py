"""Tables whose rows are searched as documents (mcp.md 4.8). rest-api.md 6."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, Text, present, refuse_unknown_parameters, rfc3339, texts
from accounts.api.openapi import Done
from catalog import document_search
from catalog.api import answers
from catalog.api.catalogs import READ, WRITE, one
from catalog.document_search import Choice
from catalog.models import DocumentSearch


class Chosen(Body):
    """How the rows of a table are searched and shown."""

    title_column = Text(max_length=63, help_text="The column that names a row for people.")
    text_columns = texts(help_text="1 to 20 columns with text, searched and shown in this order.")
    url_template = Text(
        required=False,
        allow_blank=True,
        max_length=2000,
        help_text="https address of a row with {column} gaps behind the host: of the key, the title or a text.",
    )
    configuration = Text(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Name of a text search configuration. Empty: the one that the database takes by itself.",
    )
    enabled = Flag(required=False, help_text="true unless said otherwise.")


def row(found: DocumentSearch) -> dict[str, Any]:
    """Return the choice for a table as the API shows it."""
    return {
        "schema": found.schema,
        "table": found.table,
        "title_column": found.title_column,
        "text_columns": found.text_columns,
        "url_template": found.url_template,
        "configuration": found.configuration,
        "enabled": found.enabled,
        **present(off_because=found.off_because or None),
        "create_index": document_search.index_statement(found),
        "update_time": rfc3339(found.updated_at),
        **present(updated_by=found.updated_by),
    }


class All(APIView):
    """All of a catalog."""

    access = {"GET": READ}

    @extend_schema(responses=answers.DocumentSearches, summary="List the tables whose rows are searched as documents")
    def get(self, request: Request, name: str) -> Response:
        """Answer with them by schema and table, those that are switched off too."""
        refuse_unknown_parameters(request, ())
        found = DocumentSearch.objects.filter(catalog=one(name)).order_by("schema", "table")
        return Response({"document_search": [row(each) for each in found]})


class OfTable(APIView):
    """That of one table."""

    access = {"GET": READ, "PUT": WRITE, "DELETE": WRITE}

    @extend_schema(responses=answers.DocumentSearchInfo, summary="Show how a table's rows are searched as documents")
    def get(self, request: Request, name: str, schema: str, table: str) -> Response:
        """Answer with the choice."""
        refuse_unknown_parameters(request, ())
        return Response(row(document_search.find(one(name), *_clean(schema, table))))

    @extend_schema(
        request=Chosen, responses=answers.DocumentSearchInfo, summary="Let a table's rows be searched as documents"
    )
    def put(self, request: Request, name: str, schema: str, table: str) -> Response:
        """Make this the choice; what is left out is as by default. Every process feels it within a second."""
        body = Chosen.of(request)
        choice = Choice(**{**body, "text_columns": tuple(body["text_columns"])})
        return Response(row(document_search.put(one(name), *_clean(schema, table), choice, by=by_of(request))))

    @extend_schema(responses={200: Done}, summary="End the search of a table's rows")
    def delete(self, request: Request, name: str, schema: str, table: str) -> Response:
        """Answer {}. The choice is forgotten; nothing changes in the database."""
        refuse_unknown_parameters(request, ())
        document_search.remove(one(name), *_clean(schema, table), by=by_of(request))
        return Response({})


def _clean(schema: str, table: str) -> tuple[str, str]:
    return schema.replace("\0", ""), table.replace("\0", "")  # PostgreSQL has no such character

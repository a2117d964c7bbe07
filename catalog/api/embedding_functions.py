"""Functions that make vectors of texts (mcp.md 4.6). rest-api.md 6."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of
from accounts.api.fields import Body, Text, present, refuse_unknown_parameters, rfc3339
from accounts.api.openapi import Done
from catalog import embedding_functions
from catalog.api import answers
from catalog.api.catalogs import READ, WRITE, one
from catalog.models import EmbeddingFunction


class Named(Body):
    """The function that makes the vectors of an index."""

    function_schema = Text(max_length=63, help_text="The schema of the function.")
    function = Text(max_length=63, help_text="A function of one text that returns the type of the index's column.")


def row(found: EmbeddingFunction) -> dict[str, Any]:
    """Return the choice for an index as the API shows it."""
    return {
        "schema": found.schema,
        "index": found.index,
        "function_schema": found.function_schema,
        "function": found.function,
        **present(not_offered_because=embedding_functions.not_offered_because(found) or None),
        "update_time": rfc3339(found.updated_at),
        **present(updated_by=found.updated_by),
    }


class All(APIView):
    """All of a catalog."""

    access = {"GET": READ}

    @extend_schema(responses=answers.EmbeddingFunctions, summary="List the functions that make vectors of texts")
    def get(self, request: Request, name: str) -> Response:
        """Answer with them by schema and index, those that are not offered too."""
        refuse_unknown_parameters(request, ())
        found = EmbeddingFunction.objects.filter(catalog=one(name)).select_related("catalog")
        return Response({"embedding_functions": [row(each) for each in found.order_by("schema", "index")]})


class OfIndex(APIView):
    """That of one vector index."""

    access = {"GET": READ, "PUT": WRITE, "DELETE": WRITE}

    @extend_schema(responses=answers.EmbeddingFunctionInfo, summary="Show which function makes vectors for an index")
    def get(self, request: Request, name: str, schema: str, index: str) -> Response:
        """Answer with the choice."""
        refuse_unknown_parameters(request, ())
        return Response(row(embedding_functions.find(one(name), *_clean(schema, index))))

    @extend_schema(
        request=Named, responses=answers.EmbeddingFunctionInfo, summary="Let a vector index be searched by texts"
    )
    def put(self, request: Request, name: str, schema: str, index: str) -> Response:
        """Make this the function. Every process feels it within a second. Callers need EXECUTE on it."""
        body = Named.of(request)
        named = body["function_schema"], body["function"]
        return Response(row(embedding_functions.put(one(name), *_clean(schema, index), named, by=by_of(request))))

    @extend_schema(responses={200: Done}, summary="End the search of a vector index by texts")
    def delete(self, request: Request, name: str, schema: str, index: str) -> Response:
        """Answer {}. The choice is forgotten; nothing changes in the database."""
        refuse_unknown_parameters(request, ())
        embedding_functions.remove(one(name), *_clean(schema, index), by=by_of(request))
        return Response({})


def _clean(schema: str, index: str) -> tuple[str, str]:
    return schema.replace("\0", ""), index.replace("\0", "")  # PostgreSQL has no such character

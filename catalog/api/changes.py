"""What an admin says of a catalog's objects: which changes are accepted, which functions write. mcp.md 4.3 and 7 (M5)."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, Text, refuse_unknown_parameters, texts
from accounts.errors import Invalid
from catalog import privileges, quarantine
from catalog.api import answers
from catalog.api.catalogs import READ, WRITE, one
from catalog.quarantine import Change

_MOST: Final = 500  # changes in one answer; when they are accepted, the next ones come


class Acceptance(Body):
    """Which changes are accepted."""

    ids = texts(help_text="Ids of changes, as listed. All or none are accepted.")


class Mark(Body):
    """Whether a function writes."""

    schema = Text(help_text="Name of the schema.")
    function = Text(help_text="Name of the function.")
    signature = Text(required=False, allow_blank=True, help_text="Argument types; needed for an overloaded function.")
    writes = Flag(help_text="true: it runs in a writing transaction and needs the scope mcp.write.")


def row(change: Change) -> dict[str, Any]:
    """Return a change as the API shows it."""
    told = [{"field": d.field, "before": d.before, "after": d.after} for d in change.differences]
    return {"id": change.id, "securable_type": change.kind, "object": change.name, "differences": told}


class Changes(APIView):
    """Objects whose tools are off because they changed."""

    access = {"GET": READ}

    @extend_schema(responses=answers.Changes, summary="List the changed objects that wait for an admin")
    def get(self, request: Request, name: str) -> Response:
        """Answer with at most 500 of them, by name; `count` tells of all."""
        refuse_unknown_parameters(request, ())
        found = quarantine.changes(one(name))
        return Response({"changes": [row(change) for change in found[:_MOST]], "count": len(found)})


class Accept(APIView):
    """An admin's word that a change is fine."""

    access = {"POST": WRITE}

    @extend_schema(request=Acceptance, responses=answers.Accepted, summary="Accept changes: their tools work again")
    def post(self, request: Request, name: str) -> Response:
        """Accept exactly what was listed. An object that changed once more is refused, and nothing is accepted."""
        ids = Acceptance.of(request)["ids"]
        if not ids:
            raise Invalid({"ids": ["Name at least one change."]})
        accepted = quarantine.accept(one(name), ids, by=by_of(request))
        return Response({"accepted": [change.name for change in accepted]})


class MarkFunction(APIView):
    """Functions that write."""

    access = {"PUT": WRITE}

    @extend_schema(request=Mark, responses=answers.Marked, summary="Say whether a function writes")
    def put(self, request: Request, name: str) -> Response:
        """Mark it, or take the mark away. Every process feels it within a second."""
        body = Mark.of(request)
        found = privileges.routine(one(name), body["schema"], body["function"], body.get("signature"))
        privileges.mark_writing(found, body["writes"], by=by_of(request))
        return Response({"function": f"{name}.{body['schema']}.{found}", "writes": body["writes"]})

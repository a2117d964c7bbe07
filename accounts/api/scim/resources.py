"""What every SCIM endpoint does: find rows, page through them, show them, and turn refusals into SCIM errors."""

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import activation
from accounts.api import answers
from accounts.api.account import AccountView
from accounts.api.attribution import by_of
from accounts.api.fields import ids_of, parameter
from accounts.api.idempotency import idempotent
from accounts.api.openapi import query
from accounts.api.permissions import Access
from accounts.api.rendering import JSONParser, ScimParser, ScimRenderer
from accounts.api.scim import bodies, documents, errors, filters, principals
from accounts.api.scim.errors import ScimRefused
from accounts.api.scim.patch import changes_of
from accounts.errors import NotFound
from accounts.scopes import Scope

MOST_RESULTS = 100

_WHOLE = re.compile(r"-?[0-9]{1,12}", re.ASCII)

READ = Access("reader", Scope.ALL_APIS)
WRITE = Access("account_admin", Scope.ACCESS_MANAGEMENT)

_ATTRIBUTES = [
    query("attributes", "Attributes to answer, separated by commas."),
    query("excludedAttributes", "Attributes to leave out, separated by commas."),
]
_LIST = [
    query("startIndex", "From 1.", type={"type": "integer"}),
    query("count", "At most 100.", type={"type": "integer"}),
    query("filter", 'For example userName eq "ada@example.com"; eq ne co sw, joined by and / or.'),
    query("sortBy", "An attribute; the id otherwise."),
    query("sortOrder", "ascending or descending."),
    *_ATTRIBUTES,
]


class ScimView(AccountView):
    """What all SCIM endpoints share."""

    renderer_classes = (ScimRenderer,)
    parser_classes = (JSONParser, ScimParser)
    columns: ClassVar[Mapping[str, str]]
    noun: ClassVar[str]

    def get_exception_handler(self) -> Callable[[Exception, Any], Response]:
        """SCIM has error bodies of its own."""
        return errors.handle

    def rows(self) -> QuerySet[Any]:
        """Return the rows of this kind."""
        raise NotImplementedError

    def document(self, row: Any) -> dict[str, Any]:
        """Return a row as a resource."""
        raise NotImplementedError

    def one(self, row_id: str) -> Any:
        """Return the row of that id."""
        row = self.rows().filter(pk__in=ids_of(row_id)).first()
        if row is None:
            raise NotFound(f"There is no {self.noun} with the id {row_id!r}.")
        return row

    def answer(self, row: Model, *, status: int = 200) -> Response:
        """Answer with the resource as it now is, and the attributes that were asked for."""
        document = self.document(self.rows().get(pk=row.pk))
        return Response(documents.selected(document, self.request.query_params), status=status)

    def page(self, request: Request) -> Response:
        """RFC 7644 3.4.2: past the end the page is empty and present, which is how clients know that it is the end."""
        rows = self.rows().order_by(*self._order(request))
        if text := parameter(request, "filter"):
            rows = rows.filter(filters.parse(text, self.columns))
        total = rows.count()
        start = max(_number(request, "startIndex", 1), 1)
        count = min(max(_number(request, "count", MOST_RESULTS), 0), MOST_RESULTS)
        page = list(rows[start - 1 : start - 1 + count]) if start <= total else []
        return Response(
            {
                "schemas": [documents.LIST],
                "totalResults": total,
                "startIndex": start,
                "itemsPerPage": len(page),
                "Resources": [documents.selected(self.document(row), request.query_params) for row in page],
            }
        )

    def _order(self, request: Request) -> tuple[str, ...]:
        sort_by = parameter(request, "sortBy")
        if not sort_by:
            return ("pk",)
        column = self.columns.get(sort_by.lower())
        if column is None:
            raise ScimRefused("invalidValue", f"sortBy cannot be {sort_by!r}.")
        descending = parameter(request, "sortOrder").lower() == "descending"
        return (f"-{column}" if descending else column, "pk")


def _number(request: Request, name: str, default: int) -> int:
    text = parameter(request, name)
    if not text:
        return default
    if not _WHOLE.fullmatch(text):
        raise ScimRefused("invalidValue", f"{name} must be a whole number.")
    return int(text)


class Collection(ScimView):
    """List and create."""

    access = {"GET": READ, "POST": WRITE}

    @extend_schema(parameters=_LIST, responses=answers.ScimList, summary="List resources")
    def get(self, request: Request) -> Response:
        """Answer with one page of at most 100."""
        return self.page(request)

    @extend_schema(request=answers.ScimInput, responses={201: answers.ScimResource}, summary="Create a resource")
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer 201 with the resource."""
        with transaction.atomic():
            row = self.create(request)
        return self.answer(row, status=201)

    def create(self, request: Request) -> Any:
        """Make the row."""
        raise NotImplementedError


class Resource(ScimView):
    """Show, change, replace and delete."""

    access = {"GET": READ, "PATCH": WRITE, "PUT": WRITE, "DELETE": WRITE}

    @extend_schema(parameters=_ATTRIBUTES, responses=answers.ScimResource, summary="Show a resource")
    def get(self, request: Request, row_id: str) -> Response:
        """Answer with the resource."""
        return self.answer(self.one(row_id))

    @extend_schema(request=answers.ScimPatch, responses=answers.ScimResource, summary="Change a resource")
    def patch(self, request: Request, row_id: str) -> Response:
        """Do all operations or none; answer with the resource."""
        row = self.one(row_id)
        self.change(row, request)
        return self.answer(row)

    @extend_schema(request=answers.ScimInput, responses=answers.ScimResource, summary="Replace a resource")
    def put(self, request: Request, row_id: str) -> Response:
        """Answer with the resource."""
        row = self.one(row_id)
        self.replace(row, request)
        return self.answer(row)

    @extend_schema(responses={204: None}, summary="Delete a resource")
    def delete(self, request: Request, row_id: str) -> Response:
        """Answer 204."""
        self.remove(self.one(row_id), request)
        return Response(status=204)

    def change(self, row: Any, request: Request) -> None:
        """Do what PATCH asks."""
        draft = principals.draft_of(row, changes_of(bodies.body_of(request)))
        principals.apply(row, draft, by=by_of(request))

    def replace(self, row: Any, request: Request) -> None:
        """Do what PUT asks."""
        principals.apply(row, principals.replacement_of(row, bodies.body_of(request)), by=by_of(request))

    def remove(self, row: Any, request: Request) -> None:
        """Delete the row."""
        activation.delete(row, by=by_of(request))

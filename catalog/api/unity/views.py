"""Reads of catalogs, schemas, tables and functions from the introspected copies. rest-api.md 5."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.fields import parameter, present
from accounts.api.openapi import page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.models import Account, User
from accounts.scopes import Scope
from catalog.api.unity import answers, documents
from catalog.api.unity.lookup import (
    TableNotFound,
    catalog_of,
    relation_of,
    required,
    routine_of,
    schema_of,
    sight_of,
)
from catalog.models import Catalog

READ = Access("any", Scope.UNITY_CATALOG, Scope.SQL)

_PAGING = paging("max_results", default=100, cap=1000)
_CATALOG = query("catalog_name", "Name of the catalog.", required=True)
_SCHEMA = query("schema_name", "Name of the schema.", required=True)
_OMIT = query("omit_columns", "true leaves the columns out.", enum=["true", "false"])


class ReadOnly(APIView):
    """A read of the copy. What is in a database changes in the database, and catalogs change elsewhere."""

    access = {"GET": READ}
    http_method_names = ["get", "head"]
    elsewhere = "Connect, refresh and remove databases at /api/gatepost/v1/catalogs."

    def check_permissions(self, request: Request) -> None:
        """Refuse writes with a pointer to where they are made."""
        if request.method not in ("GET", "HEAD"):
            refusal = MethodNotAllowed(request.method or "")
            refusal.detail = f"This is read-only. {self.elsewhere}"  # type: ignore[assignment]
            raise refusal
        super().check_permissions(request)

    @property
    def allowed_methods(self) -> list[str]:
        """Return what the Allow header says."""
        return ["GET"]


class Catalogs(ReadOnly):
    """The catalogs of which the caller may see something."""

    @extend_schema(
        parameters=_PAGING, responses=page("ListCatalogs", catalogs=answers.CatalogInfo), summary="List catalogs"
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by name."""
        rows = sight_of(request).see_catalogs()
        found, token = page_of(rows, request, order=("name",), size_parameter="max_results")
        owners = _owners(found)
        return Response({"catalogs": [documents.catalog(row, owners) for row in found], **_next(token)})


class OneCatalog(ReadOnly):
    """One catalog."""

    @extend_schema(responses=answers.CatalogInfo, summary="Show a catalog")
    def get(self, request: Request, name: str) -> Response:
        """Answer the catalog."""
        row = catalog_of(sight_of(request), name)
        return Response(documents.catalog(row, _owners([row])))


class Schemas(ReadOnly):
    """The schemas of a catalog."""

    @extend_schema(
        parameters=[_CATALOG, *_PAGING],
        responses=page("ListSchemas", schemas=answers.SchemaInfo),
        summary="List the schemas of a catalog",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by name."""
        sight = sight_of(request)
        parent = catalog_of(sight, required(request, "catalog_name"))
        found, token = _page(sight.see_schemas(parent), request, "catalog_name", order=("name",))
        return Response({"schemas": [documents.schema(row, parent) for row in found], **_next(token)})


class OneSchema(ReadOnly):
    """One schema."""

    @extend_schema(responses=answers.SchemaInfo, summary="Show a schema")
    def get(self, request: Request, full_name: str) -> Response:
        """Answer the schema."""
        row = schema_of(sight_of(request), full_name)
        return Response(documents.schema(row, row.catalog))


class Tables(ReadOnly):
    """The tables and views of a schema."""

    @extend_schema(
        parameters=[_CATALOG, _SCHEMA, _OMIT, *_PAGING],
        responses=page("ListTables", tables=answers.TableInfo),
        summary="List the tables of a schema",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by name."""
        sight = sight_of(request)
        parent = schema_of(sight, f"{required(request, 'catalog_name')}.{required(request, 'schema_name')}")
        rows = sight.see_relations(parent.catalog).filter(schema=parent)
        found, token = _page(rows, request, "catalog_name", "schema_name", order=("name",))
        omit = request.query_params.get("omit_columns") == "true"
        shown = [documents.table(row, parent.catalog, omit_columns=omit) for row in found]
        return Response({"tables": shown, **_next(token)})


class OneTable(ReadOnly):
    """One table or view."""

    @extend_schema(responses=answers.TableInfo, summary="Show a table")
    def get(self, request: Request, full_name: str) -> Response:
        """Answer the table with its columns."""
        row = relation_of(sight_of(request), full_name)
        return Response(documents.table(row, row.schema.catalog))


class TableExists(ReadOnly):
    """Whether a table is there."""

    @extend_schema(responses=answers.TableExists, summary="Tell whether a table exists")
    def get(self, request: Request, full_name: str) -> Response:
        """Answer false also for a table that the caller may not see."""
        try:
            relation_of(sight_of(request), full_name)
        except TableNotFound:
            return Response({"table_exists": False})
        return Response({"table_exists": True})


class TableSummaries(ReadOnly):
    """The tables of a catalog in one line each."""

    @extend_schema(
        parameters=[
            _CATALOG,
            query("schema_name_pattern", "Pattern of SQL LIKE: % and _."),
            query("table_name_pattern", "Pattern of SQL LIKE: % and _."),
            *_PAGING,
        ],
        responses=page("ListTableSummaries", tables=answers.TableSummary),
        summary="List the tables of a catalog in short",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by schema and name."""
        sight = sight_of(request)
        parent = catalog_of(sight, required(request, "catalog_name"))
        rows = sight.see_relations(parent)
        for column in ("schema_name", "table_name"):
            if pattern := parameter(request, f"{column}_pattern"):
                rows = rows.filter(**{f"{column.replace('table_', '')}__regex": _like(pattern)})
        names = ("catalog_name", "schema_name_pattern", "table_name_pattern")
        found, token = _page(rows, request, *names, order=("schema_name", "name"))
        shown = [
            {
                "full_name": f"{parent.name}.{row.schema_name}.{row.name}",
                "table_type": documents.table_type(row),
            }
            for row in found
        ]
        return Response({"tables": shown, **_next(token)})


class Functions(ReadOnly):
    """The functions of a schema."""

    @extend_schema(
        parameters=[_CATALOG, _SCHEMA, *_PAGING],
        responses=page("ListFunctions", functions=answers.FunctionInfo),
        summary="List the functions of a schema",
    )
    def get(self, request: Request) -> Response:
        """Answer a page, by name."""
        sight = sight_of(request)
        parent = schema_of(sight, f"{required(request, 'catalog_name')}.{required(request, 'schema_name')}")
        rows = sight.see_routines(parent.catalog).filter(schema=parent)
        found, token = _page(rows, request, "catalog_name", "schema_name", order=("name", "id"))
        return Response({"functions": [documents.function(row, parent.catalog) for row in found], **_next(token)})


class OneFunction(ReadOnly):
    """One function."""

    @extend_schema(responses=answers.FunctionInfo, summary="Show a function")
    def get(self, request: Request, full_name: str) -> Response:
        """Answer the function. The bare name of an overloaded one is 404 with the candidates."""
        row = routine_of(sight_of(request), full_name)
        return Response(documents.function(row, row.schema.catalog))


class Metastore(ReadOnly):
    """The one metastore."""

    @extend_schema(responses=answers.MetastoreSummary, summary="Show the metastore")
    def get(self, request: Request) -> Response:
        """Answer the account, seen as a metastore."""
        account = str(Account.load().account_id)
        return Response({"metastore_id": account, "global_metastore_id": f"gatepost:{account}", "name": "gatepost"})


class MetastoreAssignment(ReadOnly):
    """The metastore of the workspace."""

    @extend_schema(responses=answers.MetastoreAssignment, summary="Show which metastore the workspace uses")
    def get(self, request: Request) -> Response:
        """Answer the one there is."""
        account = Account.load()
        return Response({"metastore_id": str(account.account_id), "workspace_id": account.workspace_id})


def _page(rows: Any, request: Request, *filters: str, order: tuple[str, ...]) -> tuple[list[Any], str | None]:
    chosen = {name: parameter(request, name) for name in filters}
    return page_of(rows, request, order=order, filters=chosen, size_parameter="max_results")


def _next(token: str | None) -> dict[str, Any]:
    return present(next_page_token=token)


def _owners(rows: list[Catalog]) -> dict[int | None, str]:
    found = User.objects.in_bulk({row.created_by for row in rows if row.created_by})
    return {key: user.user_name for key, user in found.items()}


def _like(pattern: str) -> str:
    """Return a LIKE pattern as a regular expression of PostgreSQL."""
    parts = re.split("([%_])", pattern)
    return "^" + "".join({"%": ".*", "_": "."}.get(part) or re.sub(r"(\W)", r"\\\1", part) for part in parts) + "$"

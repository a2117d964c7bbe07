"""Connected databases. rest-api.md 6."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.attribution import by_of
from accounts.api.fields import Body, Flag, Text, Whole, present, refuse_unknown_parameters, rfc3339, texts
from accounts.api.idempotency import idempotent
from accounts.api.openapi import Done, page, paging, query
from accounts.api.paging import page_of
from accounts.api.permissions import Access
from accounts.errors import Invalid, NotFound
from accounts.scopes import Scope
from catalog import connect
from catalog.api import answers
from catalog.connect import TestResult
from catalog.models import Catalog
from catalog.tasks import request_refresh

READ = Access("reader", Scope.ALL_APIS)
WRITE = Access("account_admin", Scope.ACCESS_MANAGEMENT)

_SHOWN = (
    *("name", "comment", "host", "port", "database", "user", "sslmode", "enabled", "read_only"),
    *("statement_timeout_ms", "row_limit", "byte_limit", "max_connections", "server_version"),
    *("affected_row_limit", "plan_cost_limit", "confirm_writes", "trusted_schemas"),
    *("creator_user", "creator_schema"),
)


class CatalogNotFound(NotFound):
    """No such catalog."""

    code = "CATALOG_DOES_NOT_EXIST"


class Connection(Body):
    """How to reach a database. The password is never shown again."""

    host = Text(help_text="Host name, address, or folder of a Unix socket.")
    port = Whole(required=False, help_text="5432 unless said otherwise.")
    database = Text(help_text="Name of the database.")
    user = Text(help_text="Login role, used for nothing else.")
    password = Text(allow_blank=True, write_only=True, help_text="Kept encrypted, never shown again.")
    sslmode = Text(required=False, help_text="verify-full unless said otherwise.")


class CatalogChanges(Connection):
    """What can change later. Each field may be left out."""

    comment = Text(required=False, allow_blank=True, help_text="For people.")
    enabled = Flag(required=False, help_text="false: no call reaches it.")
    read_only = Flag(required=False, help_text="true unless said otherwise.")  # type: ignore[assignment]  # DRF takes it out
    statement_timeout_ms = Whole(required=False, help_text="Milliseconds.")
    row_limit = Whole(required=False, help_text="Rows of one answer.")
    byte_limit = Whole(required=False, help_text="Bytes of one answer.")
    max_connections = Whole(required=False, help_text="For each process.")
    affected_row_limit = Whole(required=False, help_text="Rows that one writing statement may change.")
    plan_cost_limit = Whole(
        required=False,
        allow_null=True,
        help_text="What PostgreSQL's planner may expect SQL of a caller to cost, in its own units. null: anything.",
    )
    confirm_writes = Text(
        required=False,
        help_text="Whether a person confirms each write: never, when_possible (the client can ask) or always.",
    )
    trusted_schemas = texts(
        required=False, help_text="Schemas whose types, operators and collations SQL may use, such as an extension's."
    )
    creator_user = Text(
        required=False, allow_blank=True, help_text="Second login role, for create_table alone. Empty: none."
    )
    creator_password = Text(
        required=False, allow_blank=True, write_only=True, help_text="Kept encrypted, never shown again."
    )
    creator_schema = Text(
        required=False, allow_blank=True, help_text="The one schema in which the second role may create tables."
    )


class NewCatalog(CatalogChanges):
    """A database to connect."""

    name = Text(help_text="1 to 63 of A-Z, a-z, 0-9, _ and -. Part of the MCP URLs.")


class Untested(CatalogChanges):
    """A connection to test; the fields that a test does not need are taken and ignored."""

    name = Text(required=False, help_text="Ignored.")


def row(catalog: Catalog) -> dict[str, Any]:
    """Return a catalog as the API shows it. Never the password."""
    refreshed = catalog.refreshed_at
    return {
        **{name: getattr(catalog, name) for name in _SHOWN},
        "warnings": [*catalog.findings, *catalog.creator_findings],
        **present(
            create_time=rfc3339(catalog.created_at),
            created_by=catalog.created_by,
            refresh_time=rfc3339(refreshed) if refreshed else None,
        ),
    }


def tested(result: TestResult) -> dict[str, Any]:
    """Return what a test found."""
    return {
        "ok": result.ok,
        "warnings": [finding.as_json() for finding in result.findings],
        **present(server_version=result.server_version or None, role=result.role or None, error=result.error or None),
    }


def one(name: str) -> Catalog:
    """Return the catalog of that name."""
    catalog = connect.find(name)
    if catalog is None:
        raise CatalogNotFound(f"There is no catalog {name!r}.")
    return catalog


class Catalogs(APIView):
    """All catalogs."""

    access = {"GET": READ, "POST": WRITE}

    @extend_schema(
        parameters=paging(),
        responses=page("ListConnectedDatabases", catalogs=answers.ConnectedDatabase),
        summary="List the connected databases",
    )
    def get(self, request: Request) -> Response:
        """Answer with a page of them, by name."""
        refuse_unknown_parameters(request, ("page_size", "page_token"))
        found, token = page_of(Catalog.objects.all(), request, order=("name",), default=50, cap=500)
        return Response({"catalogs": [row(catalog) for catalog in found], **present(next_page_token=token)})

    @extend_schema(request=NewCatalog, responses=answers.ConnectedDatabase, summary="Connect a database")
    @idempotent
    def post(self, request: Request) -> Response:
        """Test, store and refresh. 400 names what is wrong with the connection or its login role."""
        return Response(row(connect.connect(by=by_of(request), **NewCatalog.of(request))))


class OneCatalog(APIView):
    """One catalog."""

    access = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(responses=answers.ConnectedDatabase, summary="Show a connected database")
    def get(self, request: Request, name: str) -> Response:
        """Answer with the catalog."""
        refuse_unknown_parameters(request, ())
        return Response(row(one(name)))

    @extend_schema(request=CatalogChanges, responses=answers.ConnectedDatabase, summary="Change a connected database")
    def patch(self, request: Request, name: str) -> Response:
        """Change what was sent. A changed connection is tested first."""
        changes = CatalogChanges.of(request, partial=True)
        return Response(row(connect.update(one(name), by=by_of(request), **changes)))

    @extend_schema(
        parameters=[query("confirm", "The name, again.")], responses={200: Done}, summary="Disconnect a database"
    )
    def delete(self, request: Request, name: str) -> Response:
        """Answer {}. `confirm` repeats the name."""
        refuse_unknown_parameters(request, ("confirm",))
        catalog = one(name)
        if request.query_params.get("confirm") != name:
            lost = f"its copy, {catalog.privileges.count()} privileges and its MCP URLs"
            raise Invalid({"confirm": [f"This ends {lost}; the database itself stays. Repeat with ?confirm={name}."]})
        connect.remove(catalog, by=by_of(request))
        return Response({})


class TestConnection(APIView):
    """A test before storing."""

    access = {"POST": WRITE}

    @extend_schema(request=Untested, responses=answers.ConnectionTest, summary="Test a connection without storing it")
    def post(self, request: Request) -> Response:
        """Answer with `ok`, the server's version, the role, and what speaks against it."""
        return Response(tested(connect.test(connect.target_from(Untested.of(request)))))


class TestCatalog(APIView):
    """A test of a stored connection."""

    access = {"POST": WRITE}

    @extend_schema(request=None, responses=answers.ConnectionTest, summary="Test a connected database again")
    def post(self, request: Request, name: str) -> Response:
        """Answer as for a new connection."""
        return Response(tested(connect.test_stored(one(name))))


class Refresh(APIView):
    """Reading the database anew."""

    access = {"POST": WRITE}

    @extend_schema(request=None, responses={202: answers.Started}, summary="Refresh the copy of a database")
    def post(self, request: Request, name: str) -> Response:
        """Answer 202 with the operation. One that waits already serves this request too."""
        return Response({"operation_id": str(request_refresh(one(name)).pk)}, status=202)

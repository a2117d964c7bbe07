"""Routes of catalog. No trailing slashes."""

from django.urls import URLPattern, URLResolver, include, path

from catalog.api import catalogs, changes, document_search, embedding_functions, privileges
from catalog.api.unity import grants
from catalog.api.unity import views as unity

_X = "api/gatepost/v1"
_UC = "api/2.1/unity-catalog"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("catalog.console.urls")),
    path(f"{_X}/catalogs", catalogs.Catalogs.as_view()),
    path(f"{_X}/catalogs/test", catalogs.TestConnection.as_view()),
    path(f"{_X}/catalogs/<str:name>", catalogs.OneCatalog.as_view()),
    path(f"{_X}/catalogs/<str:name>/test", catalogs.TestCatalog.as_view()),
    path(f"{_X}/catalogs/<str:name>/refresh", catalogs.Refresh.as_view()),
    path(f"{_X}/catalogs/<str:name>/changes", changes.Changes.as_view()),
    path(f"{_X}/catalogs/<str:name>/changes/accept", changes.Accept.as_view()),
    path(f"{_X}/catalogs/<str:name>/functions/mark", changes.MarkFunction.as_view()),
    path(f"{_X}/catalogs/<str:name>/document-search", document_search.All.as_view()),
    path(f"{_X}/catalogs/<str:name>/document-search/<str:schema>/<str:table>", document_search.OfTable.as_view()),
    path(f"{_X}/catalogs/<str:name>/embedding-functions", embedding_functions.All.as_view()),
    path(
        f"{_X}/catalogs/<str:name>/embedding-functions/<str:schema>/<str:index>", embedding_functions.OfIndex.as_view()
    ),
    path(f"{_X}/privileges", privileges.Privileges.as_view()),
    path(f"{_UC}/catalogs", unity.Catalogs.as_view()),
    path(f"{_UC}/catalogs/<str:name>", unity.OneCatalog.as_view()),
    path(f"{_UC}/schemas", unity.Schemas.as_view()),
    path(f"{_UC}/schemas/<str:full_name>", unity.OneSchema.as_view()),
    path(f"{_UC}/tables", unity.Tables.as_view()),
    path(f"{_UC}/tables/<str:full_name>", unity.OneTable.as_view()),
    path(f"{_UC}/tables/<str:full_name>/exists", unity.TableExists.as_view()),
    path(f"{_UC}/table-summaries", unity.TableSummaries.as_view()),
    path(f"{_UC}/functions", unity.Functions.as_view()),
    path(f"{_UC}/functions/<str:full_name>", unity.OneFunction.as_view()),
    path(f"{_UC}/permissions/<str:securable_type>/<str:full_name>", grants.Permissions.as_view()),
    path(f"{_UC}/effective-permissions/<str:securable_type>/<str:full_name>", grants.EffectivePermissions.as_view()),
    path(f"{_UC}/metastore_summary", unity.Metastore.as_view()),
    path(f"{_UC}/current-metastore-assignment", unity.MetastoreAssignment.as_view()),
]

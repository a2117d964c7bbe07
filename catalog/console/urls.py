"""Console pages of catalogs: the list, one catalog, its creating role, its limits, its changed objects, its schemas."""

from django.urls import path

from catalog.console import (
    catalogs,
    changes,
    creating_role,
    document_search,
    embedding,
    limits,
    privileges,
    schemas,
    trusted_schemas,
)

ONE = "catalogs/<str:name>"
EMBEDDING = f"{ONE}/schemas/<str:schema>/indexes/<str:index>/embedding"
DOCUMENTS = f"{ONE}/schemas/<str:schema>/tables/<str:table>/documents"

urlpatterns = [
    path("catalogs", catalogs.catalog_list, name="console-catalogs"),
    path("catalogs/add", catalogs.add, name="console-catalog-add"),
    path(ONE, catalogs.detail, name="console-catalog"),
    path(f"{ONE}/refresh", catalogs.refresh, name="console-catalog-refresh"),
    path(f"{ONE}/disable", catalogs.disable, name="console-catalog-disable"),
    path(f"{ONE}/enable", catalogs.enable, name="console-catalog-enable"),
    path(f"{ONE}/creating-role", creating_role.edit, name="console-catalog-creating-role"),
    path(f"{ONE}/creating-role/remove", creating_role.remove, name="console-catalog-creating-role-remove"),
    path(f"{ONE}/trusted-schemas", trusted_schemas.edit, name="console-catalog-trusted-schemas"),
    path(f"{ONE}/limits", limits.edit, name="console-catalog-limits"),
    path(f"{ONE}/changes", changes.review, name="console-catalog-changes"),
    path(f"{ONE}/privileges", privileges.privilege_list, name="console-catalog-privileges"),
    path(f"{ONE}/privileges/grant", privileges.grant, name="console-privilege-grant"),
    path(f"{ONE}/privileges/<int:privilege_id>/revoke", privileges.revoke, name="console-privilege-revoke"),
    path(f"{ONE}/schemas/<str:schema>", schemas.show, name="console-schema"),
    path(f"{ONE}/schemas/<str:schema>/mark", schemas.mark, name="console-function-mark"),
    path(DOCUMENTS, document_search.show, name="console-documents"),
    path(f"{DOCUMENTS}/off", document_search.switch_off, name="console-documents-off"),
    path(EMBEDDING, embedding.edit, name="console-embedding"),
    path(f"{EMBEDDING}/remove", embedding.remove, name="console-embedding-remove"),
]

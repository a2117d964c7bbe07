"""Routes of accounts. No trailing slashes; the secrets proxy stands before what has the shape of an account path."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.api import (
    audit_events,
    audit_export_jobs,
    audit_exports,
    network_lists,
    operations,
    password_links,
    service_keys,
    service_secrets,
    token_management,
    tokens,
    workspace_conf,
)
from accounts.api.scim import views as scim

_A = "api/2.0/accounts/<uuid:account_id>"
_SECRETS = "servicePrincipals/<str:principal_id>/credentials/secrets"
_KEYS = "servicePrincipals/<str:principal_id>/credentials/keys"
_LISTS = network_lists.NetworkLists
_LIST = network_lists.NetworkList


def _scim(base: str) -> list[URLPattern | URLResolver]:
    """Return the SCIM routes of a surface; both surfaces show the same rows."""
    return [
        path(f"{base}/Users", scim.Users.as_view()),
        path(f"{base}/Users/<str:row_id>", scim.UserResource.as_view()),
        path(f"{base}/ServicePrincipals", scim.ServicePrincipals.as_view()),
        path(f"{base}/ServicePrincipals/<str:row_id>", scim.ServicePrincipalResource.as_view()),
        path(f"{base}/Groups", scim.Groups.as_view()),
        path(f"{base}/Groups/<str:row_id>", scim.GroupResource.as_view()),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("api/2.0/token/create", tokens.CreateToken.as_view()),
    path("api/2.0/token/list", tokens.ListTokens.as_view()),
    path("api/2.0/token/delete", tokens.DeleteToken.as_view()),
    path("api/2.0/token/<str:token_id>", tokens.ChangeToken.as_view()),
    path("api/2.0/token-management/tokens", token_management.Tokens.as_view()),
    path("api/2.0/token-management/tokens/<str:token_id>", token_management.Token.as_view()),
    path("api/2.0/token-management/on-behalf-of/tokens", token_management.OnBehalf.as_view()),
    path("api/2.0/ip-access-lists", _LISTS.as_view(surface="workspace")),
    path("api/2.0/ip-access-lists/<str:list_id>", _LIST.as_view(surface="workspace")),
    path(f"{_A}/ip-access-lists", _LISTS.as_view(surface="account")),
    path(f"{_A}/ip-access-lists/<str:list_id>", _LIST.as_view(surface="account")),
    path(f"api/2.0/accounts/{_SECRETS}", service_secrets.Secrets.as_view()),
    path(f"api/2.0/accounts/{_SECRETS}/<str:secret_id>", service_secrets.Secret.as_view()),
    path(f"{_A}/{_SECRETS}", service_secrets.Secrets.as_view()),
    path(f"{_A}/{_SECRETS}/<str:secret_id>", service_secrets.Secret.as_view()),
    path("api/2.0/workspace-conf", workspace_conf.WorkspaceConf.as_view()),
    path("api/gatepost/v1/audit/events", audit_events.AuditEvents.as_view()),
    path("api/gatepost/v1/audit/export", audit_exports.AuditExport.as_view()),
    path("api/gatepost/v1/audit/exports", audit_export_jobs.Exports.as_view()),
    path("api/gatepost/v1/audit/exports/<str:export_id>", audit_export_jobs.Export.as_view()),
    path("api/gatepost/v1/audit/exports/<str:export_id>/content", audit_export_jobs.ExportContent.as_view()),
    path("api/gatepost/v1/audit/verify", audit_exports.AuditVerification.as_view()),
    path(f"{_A}/{_KEYS}", service_keys.Keys.as_view()),
    path(f"{_A}/{_KEYS}/<str:key_id>", service_keys.Key.as_view()),
    path("api/gatepost/v1/operations/<str:operation_id>", operations.Operation.as_view()),
    path("api/gatepost/v1/users/<str:user_id>/password-links", password_links.PasswordLinks.as_view()),
    path("api/2.0/preview/scim/v2/Me", scim.Me.as_view()),
    *_scim("api/2.0/preview/scim/v2"),
    *_scim(f"{_A}/scim/v2"),
    path("", include("accounts.console.urls")),
]

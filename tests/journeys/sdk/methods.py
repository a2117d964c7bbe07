"""Every call of the SDK that rest-api.md promises as P0 or P1, by service. test_methods.py holds it against both sides."""

_SCIM = "create get list patch update delete"

METHODS: dict[str, str] = {
    # 4.1, 4.2
    "account.custom_app_integration": "create get list update delete",
    "account.o_auth_published_apps": "list",
    "account.published_app_integration": "create get list update delete",
    # 4.3
    "account.service_principal_secrets": "create list delete",
    "workspace.service_principal_secrets_proxy": "create list delete",
    # 4.4
    "account.service_principals": _SCIM,
    "account.service_principals_v2": _SCIM,
    "account.users": _SCIM,
    "account.users_v2": _SCIM,
    "account.groups": _SCIM,
    "account.groups_v2": _SCIM,
    "workspace.service_principals": _SCIM,
    "workspace.service_principals_v2": _SCIM,
    "workspace.users": _SCIM,
    "workspace.users_v2": _SCIM,
    "workspace.groups": _SCIM,
    "workspace.groups_v2": _SCIM,
    "workspace.current_user": "me",
    # 4.5, 4.6
    "workspace.tokens": "create list update delete",
    "workspace.token_management": "create_obo_token list get update_token_management delete",
    # 4.7
    "account.ip_access_lists": "create list get update replace delete",
    "workspace.ip_access_lists": "create list get update replace delete",
    "workspace.workspace_conf": "get_status set_status",
    # 5
    "workspace.catalogs": "list get",
    "workspace.schemas": "list get",
    "workspace.tables": "list get exists list_summaries",
    "workspace.functions": "list get",
    "workspace.metastores": "summary current",
    "workspace.grants": "get update get_effective",
    "workspace.ai_gateway": "list_mcp_services get_mcp_service",
    "workspace.statement_execution": "execute_statement get_statement get_statement_result_chunk_n cancel_execution",
}

# Operations beside those of the SDK, on paths of the compatible API.
OWN: frozenset[str] = frozenset(
    f"{method} /api/2.0/accounts/{{}}/{path}"
    for path, methods in {
        "oauth2/custom-app-integrations/{}/allowed-catalogs": "GET PUT",
        "oauth2/custom-app-integrations/{}/consent-policy": "GET PUT",
        "oauth2/custom-app-integrations/{}/disable": "POST",
        "oauth2/custom-app-integrations/{}/enable": "POST",
        "oauth2/custom-app-integrations/{}/ip-allowlist": "GET PUT",
        "oauth2/custom-app-integrations/{}/rotate-secret": "POST",
        "oauth2/custom-app-integrations/{}/secrets": "GET",
        "oauth2/custom-app-integrations/{}/secrets/{}": "DELETE",
        "oauth2/custom-app-integrations/{}/sessions": "GET DELETE",
        "oauth2/registrations": "GET",
        "oauth2/registrations/{}/approve": "POST",
        "oauth2/registrations/{}/reject": "POST",
        "servicePrincipals/{}/credentials/keys": "GET POST",
        "servicePrincipals/{}/credentials/keys/{}": "DELETE",
    }.items()
    for method in methods.split()
)

"""An example for each request and answer of the OpenAPI document, made of one example for each name of a field."""

from types import MappingProxyType
from typing import Any, Final

Schema = dict[str, Any]

_UUID: Final = "0c2d5a60-5d5a-4a5e-9d7e-9b1f0a3c1a77"
_TIME: Final = "2026-03-31T15:00:00.000Z"
_MS: Final = 1774969200000
_HEX: Final = "5f2c" * 16
_POLICY: Final = {"access_token_ttl_in_minutes": 60, "refresh_token_ttl_in_minutes": 10080}

# By the name of the field; "Component.field" wins where the name means something else there.
FIELDS: Final = MappingProxyType(
    {
        "absolute_session_lifetime_in_minutes": 43200,
        "access_token_ttl_in_minutes": 60,
        "action": "mcp.tools/call",
        "add": ["SELECT"],
        "address": "203.0.113.24",
        "address_count": 1,
        "affected_row_limit": 1000,
        "after": "SELECT sum(total) FROM sales.orders",
        "alias": "customer",
        "app_id": "cursor",
        "application_id": _UUID,
        "attempts": 1,
        "before": "SELECT count(*) FROM sales.orders",
        "byte_limit": 1048576,
        "bytes": 81920,
        "calls_per_day": 1000,
        "catalog": "demo",
        "catalog_name": "demo",
        "catalogs": ["demo"],
        "checked": 1200,
        "chunk_index": 0,
        "client_document_hosts": ["claude.ai"],
        "client_documents": "listed",
        "client_id": "a6e1c1a2-0b0e-4e8d-8f4e-3c8f3f9f2b10",
        "client_name": "Claude",
        "client_registration": "approval",
        "client_secret": "gp_cs_...",
        "code": "one_admin",
        "column": "region",
        "column_count": 1,
        "comment": "Orders of the shop",
        "complete": "table",
        "concurrent_calls": 4,
        "confirm_writes": "always",
        "count": 1,
        "created_at": _MS,
        "created_by": 1001,
        "created_by_id": 1001,
        "created_by_username": "alice@example.com",
        "creation_time": _MS,
        "creator_password": "...",
        "creator_schema": "drafts",
        "creator_user": "gatepost_creator",
        "creator_username": "alice@example.com",
        "credential_id": _UUID,
        "credential_kind": "oauth",
        "data_array": [["Ada"]],
        "database": "shop",
        "decision": "denied",
        "description": "The editor Cursor.",
        "detail": "There is a person with that e-mail address.",
        "details": {"tool": "demo__sales__get_customer"},
        "displayName": "Bob",
        "duration_ms": 3.4,
        "ends_in": "k3Xq",
        "equals": "EMEA",
        "error_code": "INVALID_PARAMETER_VALUE",
        "error": "",
        "expiry_time": _MS,
        "externalId": "00u1a2b3",
        "external_language": "plpgsql",
        "familyName": "Builder",
        "field": "definition",
        "filters": {"decision": "denied"},
        "first_record": 1,
        "from": _TIME,
        "full_data_type": "numeric",
        "full_name": "demo.sales.orders",
        "function": "get_customer",
        "givenName": "Bob",
        "global_metastore_id": f"gatepost:local:{_UUID}",
        "granted_by": 1001,
        "group": "analysts",
        "groups": ["analysts"],
        "host": "db.example.com",
        "id": "1002",
        "ids": [_UUID],
        "inherited_from_name": "demo.sales",
        "instructions": "Look a customer up before you answer about orders.",
        "ip_addresses": ["198.51.100.0/24"],
        "itemsPerPage": 1,
        "jwk": {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
        "kind": "catalog.refresh",
        "label": "office",
        "lacking": ["USE_SCHEMA"],
        "last_record": 1000,
        "last_use_address": "203.0.113.24",
        "last_used_day": _MS,
        "level": "account",
        "lifetime": "7776000s",
        "lifetime_seconds": 7776000,
        "list_type": "ALLOW",
        "max_connections": 5,
        "message": "There is one person who is account admin.",
        "name": "demo",
        "next_page_token": "eyJrIjpbMV19",
        "object": "demo.sales.get_customer",
        "offered_on": ["*/demo/sales"],
        "overlap_seconds": 86400,
        "owner": "shop_owner",
        "owner_id": 1001,
        "parameter_default": "10",
        "parameters": {"customer_id": 7},
        "password": "...",
        "path": "active",
        "policy": "first_time",
        "port": 5432,
        "position": 0,
        "principal": "analysts",
        "principal_id": 1001,
        "principal_kind": "person",
        "principal_name": "alice@example.com",
        "privilege": "SELECT",
        "privileges": ["SELECT"],
        "progress": 100,
        "properties": '{"volatility":"stable"}',
        "reason": "insufficient_scope",
        "redirect_host": "claude.ai",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "redirect_urls": ["https://claude.ai/api/mcp/auth_callback"],
        "refresh_token_ttl_in_minutes": 10080,
        "remedy": "Give a second person the role, so that one lost passkey locks nobody out.",
        "remove": ["MODIFY"],
        "request_id": "7d6f3a52-2d0f-4c0b-9a4e-0b1f3a7c9d11",
        "resembles": "Claude",
        "resource": "/api/2.0/mcp/functions/demo/sales",
        "resources": ["/api/2.0/mcp/functions/demo/sales"],
        "result": {"schemas": 2, "tables": 12, "functions": 10},
        "role": "gatepost_reader",
        "roles": [{"value": "auditor"}],
        "row_count": 1,
        "row_limit": 1000,
        "row_offset": 0,
        "rows": 200,
        "rows_per_day": 100000,
        "rule": "privilege",
        "schema": "sales",
        "schema_name": "sales",
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "scimType": "uniqueness",
        "scopes": ["mcp.functions"],
        "seal_id": 12,
        "second_factor": "everybody",
        "seconds": 20,
        "secret": "gp_sas_...",
        "secret_hash": _HEX,
        "securable_type": "schema",
        "selector": "demo/sales",
        "server_version": "18.1",
        "sessions": 1,
        "severity": "warning",
        "signature": "integer",
        "specific_name": "get_customer",
        "sql_state": "22012",
        "sslmode": "verify-full",
        "startIndex": 1,
        "statement": "SELECT * FROM sales.get_customer(customer_id => $1)",
        "statement_id": _HEX[:32],
        "statement_timeout_ms": 30000,
        "status": "409",
        "subject": "roles",
        "table": "orders",
        "text": "Describe {{table}}.",
        "thumbprint": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
        "title": "Support",
        "to": _TIME,
        "token_access_policy": _POLICY,
        "token_id": _HEX,
        "token_value": "gp_pat_...",
        "tool": "demo__sales__get_customer",
        "total_chunk_count": 1,
        "total_row_count": 1,
        "totalResults": 1,
        "trusted_schemas": ["sales"],
        "type_text": "bigint",
        "update_mask": "comment",
        "updated_at": _MS,
        "updated_by": 1001,
        "url": "https://gate.example.com/sign-in/link/gp_si_...",
        "user": "gatepost_reader",
        "userName": "bob@example.com",
        "user_authorized_scopes": ["mcp.functions"],
        "user_id": 1002,
        "user_name": "bob@example.com",
        "value": False,
        "values": ["brief", "thorough"],
        "version": 3,
        "wait_timeout": "10s",
        "warehouse_id": "gatepost",
        "workspace_id": 1234567890123456,
        "ColumnInfo.name": "order_id",
        "CuratedServerInfo.create_time": _TIME,
        "FunctionInfo.full_name": "demo.sales.get_customer",
        "FunctionInfo.name": "get_customer",
        "IntegrationInfo.confidential": False,
        "IntegrationInfo.name": "mcp-public-client",
        "ManagedToken.comment": "ci",
        "NewArgumentRequest.name": "table",
        "NewMessageRequest.resource": "gatepost://demo/sales/tables/{{table}}",
        "NewMessageRequest.role": "user",
        "NewPromptRequest.name": "explore_schema",
        "NewTokenRequest.comment": "ci",
        "ParameterInfo.name": "customer_id",
        "PromptArgument.name": "table",
        "PromptInfo.create_time": _TIME,
        "PromptInfo.name": "explore_schema",
        "PromptInfo.title": "Explore a schema",
        "PromptInfo.update_time": _TIME,
        "PromptMessage.resource": "gatepost://demo/sales/tables/{{table}}",
        "PromptMessage.role": "user",
        "TokenInfo.comment": "ci",
        "PublishedAppInfo.name": "Cursor",
        "PublishedAppIntegrationInfo.name": "Cursor",
        "SchemaInfo.full_name": "demo.sales",
        "SchemaInfo.name": "sales",
        "TableInfo.name": "orders",
        "TokenOnBehalfRequest.comment": "nightly",
    }
)
_BODIES: Final[dict[str, Any]] = {  # whole, where not every field goes with every other
    "AuditExportInfo": {
        "id": _UUID,
        "state": "done",
        "progress": 100,
        "format": "csv",
        "filters": {"from": _TIME, "decision": "denied"},
        "rows": 1200,
        "bytes": 81920,
        "created_by": 1001,
        "created_by_username": "dora@example.com",
        "create_time": _TIME,
        "finish_time": _TIME,
        "expire_time": "2026-04-07T15:00:00.000Z",
    },
    "NewExportRequest": {"from": _TIME, "decision": "denied", "format": "csv"},
    "NewIntegrationRequest": {
        "name": "mcp-public-client",
        "redirect_urls": ["https://claude.ai/api/mcp/auth_callback"],
        "confidential": False,
        "scopes": ["all-apis"],
        "token_access_policy": _POLICY,
    },
    "PatchedScimPatchRequest": {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": False}],
    },
    "NewStatementRequest": {
        "statement": "SELECT name FROM sales.customers WHERE id = :id",
        "warehouse_id": "gatepost",
        "catalog": "demo",
        "parameters": [{"name": "id", "value": "1", "type": "INT"}],
        "row_limit": 100,
        "wait_timeout": "30s",
    },
    "ScimInputRequest": {"userName": "bob@example.com", "displayName": "Bob", "roles": [{"value": "auditor"}]},
    "ScimResource": {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "1002",
        "userName": "bob@example.com",
        "displayName": "Bob",
        "active": True,
        "roles": [{"value": "auditor"}],
        "groups": [{"value": "1007", "display": "analysts"}],
    },
    "Statement": {
        "statement_id": _HEX[:32],
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "format": "JSON_ARRAY",
            "schema": {
                "column_count": 1,
                "columns": [{"name": "name", "type_text": "text", "type_name": "STRING", "position": 0}],
            },
            "total_chunk_count": 1,
            "total_row_count": 1,
            "truncated": False,
            "chunks": [{"chunk_index": 0, "row_offset": 0, "row_count": 1}],
        },
        "result": {"chunk_index": 0, "row_offset": 0, "row_count": 1, "data_array": [["Ada"]]},
    },
}
_BY_FORMAT: Final = MappingProxyType({"uuid": _UUID, "date-time": _TIME})
_BY_TYPE: Final = MappingProxyType({"boolean": True, "integer": 1, "number": 1.0, "string": "...", "object": {}})


def add(result: Schema, **_: Any) -> Schema:
    """Add the examples to every operation (a hook of drf-spectacular)."""
    components = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            answer = next(iter(operation["responses"].values()))
            for content in (operation.get("requestBody", {}), answer):
                for described in content.get("content", {}).values():
                    described["example"] = of(described["schema"], components)
    return result


def of(schema: Schema, components: Schema, name: str = "", owner: str = "") -> Any:
    """Return the example of a schema; `name` is the field that it describes, `owner` the component of that field."""
    known = FIELDS.get(f"{owner}.{name}", FIELDS.get(name))
    if "allOf" in schema:
        return of(schema["allOf"][0], components, name, owner)
    if "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        return _BODIES.get(component) or of(components[component], components, name, component)
    if "properties" in schema:
        inner = schema["properties"].items()
        return {field: of(described, components, field, owner) for field, described in inner}
    if "enum" in schema:
        return known if known in schema["enum"] else schema["enum"][0]
    if schema.get("type") == "array" and ("$ref" in schema["items"] or "enum" in schema["items"] or known is None):
        return [of(schema["items"], components, name, owner)]
    if "format" in schema and schema["format"] in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    return known if known is not None else fallback(schema)


def fallback(schema: Schema) -> Any:
    """Return an example of the type alone."""
    return _BY_TYPE.get(str(schema.get("type")), {})

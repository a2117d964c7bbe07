"""OpenAPI: unique names for operations, who may call them, and the error bodies of rest-api.md 3.1."""

import re
from types import MappingProxyType
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from accounts.api.permissions import Access

_ROLES: Final = MappingProxyType(
    {
        "any": "everybody, as far as they may see it",
        "person": "people",
        "reader": "account admins and auditors",
        "account_admin": "account admins",
        "auditor": "auditors",
    }
)
_TAGS: Final = (
    ("custom-app-integrations", "App integrations"),
    ("/oauth2/", "App integrations"),
    ("/scim/", "People, service accounts and groups"),
    ("/credentials/secrets", "Secrets of service accounts"),
    ("/token", "Personal access tokens"),
    ("ip-access-lists", "Network access"),
    ("workspace-conf", "Network access"),
    ("permissions/", "Privileges"),
    ("/privileges", "Privileges"),
    ("/sql/statements", "SQL statements"),
    ("/mcp-serv", "Curated MCP servers"),
    ("unity-catalog", "Catalogs, schemas, tables, functions"),
    ("gatepost/v1/catalogs", "Connected databases"),
    ("gatepost/v1/operations", "Connected databases"),
    ("gatepost/v1/consents", "Consents"),
)
_OTHERWISE: Final = "Watching over it"

_IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key and body within 24 hours give the same ids again, without secrets.",
)

_TEXT: Final = {"type": "string"}
_ERROR: Final = {
    "type": "object",
    "description": "Why a request was refused.",
    "required": ["error_code", "message", "details"],
    "properties": {
        "error_code": {**_TEXT, "description": "A word for programs."},
        "message": {**_TEXT, "description": "What is wrong and what to do next."},
        "details": {
            "type": "array",
            "description": "The request id, and the fields at fault.",
            "items": {"type": "object", "required": ["@type"], "properties": {"@type": _TEXT}},
        },
    },
    "example": {
        "error_code": "INVALID_PARAMETER_VALUE",
        "message": "label: Send a string.",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "0d4c6f3e-..."},
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "field_violations": [{"field": "label", "description": "Send a string."}],
            },
        ],
    },
}
_SCIM_ERROR: Final = {
    "type": "object",
    "description": "RFC 7644 3.12.",
    "required": ["schemas", "status", "detail", "scimType"],
    "properties": {
        "schemas": {"type": "array", "items": _TEXT},
        "status": _TEXT,
        "detail": _TEXT,
        "scimType": _TEXT,
    },
}
_ALWAYS: Final = MappingProxyType(
    {
        "400": "A parameter or field is wrong; the message names it.",
        "401": "No token, or one that is not valid.",
        "403": "Role, scope or network does not allow it.",
        "404": "It does not exist, or the caller may not know that it does.",
        "503": "The control database cannot be reached. Retry-After says when to come back.",
    }
)
_WITH_BODY: Final = MappingProxyType(
    {
        "409": "Something of that name exists, or the state has changed.",
        "413": "The body is larger than 1 MiB.",
        "415": "The body is not application/json.",
    }
)


class Schema(AutoSchema):
    """Describes a view. Paths with and without an id, or with and without an account, are different operations."""

    def get_operation_id(self) -> str:
        """Return the method and the path, as in get_api_2_0_token_list."""
        return re.sub(r"\W+", "_", f"{self.method.lower()}{self.path}").strip("_")

    def get_tags(self) -> list[str]:
        """Return the group of the operation, by its path."""
        return [next((tag for part, tag in _TAGS if part in self.path), _OTHERWISE)]

    def get_override_parameters(self) -> list[Any]:
        """Return the header of creations that may be sent again."""
        handler = getattr(self.view, self.method.lower(), None)
        return [_IDEMPOTENCY_KEY] if getattr(handler, "is_idempotent", False) else []

    def get_description(self) -> str:  # type: ignore[override]  # the stubs know another one
        """Return what the handler says, and who may call it."""
        access: Access | None = getattr(self.view, "access", {}).get(self.method)
        if access is None:
            return str(super().get_description())
        scopes = " or ".join(f"`{scope}`" for scope in (access.scope, access.or_scope) if scope)
        needed = f"with the scope {scopes}" if scopes else "with any valid token"
        return f"{super().get_description()}\n\nFor {_ROLES[access.role]}, {needed}."


class BearerToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself untyped
    """RFC 6750 2.1."""

    target_class = "connections.api.authentication.GrantAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A personal access token or an access token."}


def add_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the refusals to every operation (a hook of drf-spectacular)."""
    components = result["components"]
    components["schemas"] |= {"Error": _ERROR, "ScimError": _SCIM_ERROR}
    for path, operations in result["paths"].items():
        is_scim = "/scim/" in path
        for operation in operations.values():
            told = _ALWAYS | _WITH_BODY if "requestBody" in operation else _ALWAYS
            errors = {status: _refusal(text, is_scim=is_scim) for status, text in told.items()}
            operation["responses"] = {**operation["responses"], **errors}
    return result


def _refusal(text: str, *, is_scim: bool) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    if is_scim:  # JSON too, where the path is none
        content["application/scim+json"] = {"schema": {"$ref": "#/components/schemas/ScimError"}}
    return {"description": text, "content": content}

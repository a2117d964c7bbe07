"""RFC 8414 2 and 3: the one builder of server metadata. Only what exists is listed."""

import uuid
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from accounts.addresses import address_of
from accounts.models import Account
from accounts.public_keys import ALGORITHMS
from accounts.scopes import Scope
from connections import client_documents, limits, origin
from connections import policy as policies
from connections.oauth import device, exchange
from connections.oauth.endpoint import allow_every_origin, error, slow_down

_AUTHENTICATED: Final = ("token", "revocation", "introspection")  # endpoints where clients authenticate
_GRANT_TYPES: Final = ("authorization_code", "refresh_token", "client_credentials")
_SECONDS: Final = 300  # that a client may keep a document


def server(request: HttpRequest, account_id: uuid.UUID | None = None) -> HttpResponseBase:
    """Answer the metadata of the authorization server; the same document on each of its paths."""
    if account_id is not None and account_id != Account.load().account_id:
        return error("invalid_request", "There is no such account here.", HTTPStatus.NOT_FOUND)
    try:
        limits.count(**limits.metadata(address_of(request)))
    except limits.TooMany as refusal:
        return allow_every_origin(slow_down(refusal.retry_after), "GET")
    return _document(request, describe(origin.of(request), policies.load()))


def describe(issuer: str, policy: policies.Policy) -> dict[str, Any]:
    """Return the metadata under an issuer, which is a bare origin."""
    methods = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
    is_open = policy.client_registration is not policies.Registration.OFF
    registration = {"registration_endpoint": f"{issuer}/oidc/v1/register"} if is_open else {}
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oidc/v1/authorize",
        "token_endpoint": f"{issuer}/oidc/v1/token",
        "revocation_endpoint": f"{issuer}/oidc/v1/revoke",
        **registration,
        "client_id_metadata_document_supported": client_documents.are_accepted(policy),
        "device_authorization_endpoint": f"{issuer}/oidc/v1/device_authorization",
        "introspection_endpoint": f"{issuer}/oidc/v1/introspect",
        "scopes_supported": [str(scope) for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [*_GRANT_TYPES, device.GRANT_TYPE, exchange.GRANT_TYPE],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": [method for method in methods if method != "none"],
        # RFC 8414 2: each MUST be there where private_key_jwt is among the methods.
        **{f"{name}_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS) for name in _AUTHENTICATED},
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/api/docs/",
    }


def databricks_config(request: HttpRequest) -> HttpResponseBase:
    """Answer what SDK clients read first (rest-api.md 2.1). Without a limit: they would spend all their retries on it."""
    account = Account.load()
    document = {
        "oidc_endpoint": f"{origin.of(request)}/oidc",
        "account_id": str(account.account_id),
        "workspace_id": str(account.workspace_id),
        "host_type": "unified",
    }
    return _document(request, document)


def openid_configuration(request: HttpRequest, account_id: uuid.UUID | None = None) -> HttpResponseBase:
    """There are no ID tokens yet, and half a document would break the clients that validate it."""
    missing = error("not_found", "OpenID Connect is not offered. See /.well-known/oauth-authorization-server.", 404)
    return allow_every_origin(missing, "GET")


def _document(request: HttpRequest, document: dict[str, Any]) -> HttpResponseBase:
    response: HttpResponse
    if request.method == "OPTIONS":
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    elif request.method in {"GET", "HEAD"}:
        response = JsonResponse(document, headers={"Cache-Control": f"public, max-age={_SECONDS}"})
    else:
        response = error("invalid_request", "Use GET.", HTTPStatus.METHOD_NOT_ALLOWED)
        response.headers["Allow"] = "GET, HEAD, OPTIONS"
    return allow_every_origin(response, "GET")

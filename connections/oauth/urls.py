"""Routes of the authorization server (rest-api.md 2.2). No trailing slash anywhere, and no redirect to or from one."""

from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from connections.oauth import metadata
from connections.oauth.authorize import AuthorizeView, PreviewTools
from connections.oauth.device_page import DeviceView
from connections.oauth.register import ManageView, RegisterView
from connections.oauth.views import DeviceAuthorizationView, IntrospectView, RevokeView, TokenView
from connections.resources import IsResource

_ACCOUNT = "oidc/accounts/<uuid:account_id>"


def routes(is_resource: IsResource, preview_tools: PreviewTools) -> list[URLPattern]:
    """Return the routes.

    `is_resource` knows the MCP URLs of this deployment by their paths; `preview_tools` lists what a Grant would open.
    """
    endpoints = {
        "authorize": AuthorizeView.as_view(is_resource=is_resource, preview_tools=preview_tools),
        "token": csrf_exempt(TokenView.as_view(is_resource=is_resource)),
        "device_authorization": csrf_exempt(DeviceAuthorizationView.as_view(is_resource=is_resource)),
        "introspect": csrf_exempt(IntrospectView.as_view(is_resource=is_resource)),
        "revoke": csrf_exempt(RevokeView.as_view(is_resource=is_resource)),
        "register": csrf_exempt(RegisterView.as_view()),
    }
    documents = {
        ".well-known/oauth-authorization-server": metadata.server,
        "oidc/.well-known/oauth-authorization-server": metadata.server,
        f"{_ACCOUNT}/.well-known/oauth-authorization-server": metadata.server,
        ".well-known/databricks-config": metadata.databricks_config,
        ".well-known/openid-configuration": metadata.openid_configuration,
        "oidc/.well-known/openid-configuration": metadata.openid_configuration,
        f"{_ACCOUNT}/.well-known/openid-configuration": metadata.openid_configuration,
    }
    device = DeviceView.as_view(is_resource=is_resource, preview_tools=preview_tools)
    return [
        path("device", device, name="oauth_device"),
        *(path(at, csrf_exempt(view)) for at, view in documents.items()),
        *(path(f"oidc/v1/{name}", view, name=f"oauth_{name}") for name, view in endpoints.items()),
        *(path(f"{_ACCOUNT}/v1/{name}", view) for name, view in endpoints.items()),
        path("oidc/v1/register/<str:client_id>", csrf_exempt(ManageView.as_view())),
    ]

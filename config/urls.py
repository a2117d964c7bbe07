"""Every route of the deployment, except that config.asgi serves the MCP endpoint before Django."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.api import fallback
from config import failure, health
from config.api import doctor
from config.openapi import views as openapi
from connections import server_urls
from connections.oauth import urls as oauth
from mcp_endpoint.paths import is_resource
from mcp_endpoint.preview import curated_for, preview_tools

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("", include("mcp_endpoint.urls")),
    path("", include("connections.urls")),
    path("", include(oauth.routes(is_resource=is_resource, preview_tools=preview_tools))),
    path("", include(server_urls.routes(is_resource=is_resource, curated_for=curated_for))),
    path("", include("catalog.urls")),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("", include("jobs.urls")),
    path("api/gatepost/v1/doctor", doctor.Doctor.as_view()),
    path("api/schema/", openapi.schema, name="api-schema"),
    path("api/docs/", openapi.reference, name="api-docs"),
    re_path("^api/", fallback.endpoint_not_found),  # last: whatever no app answers
]
handler400 = fallback.bad_request
handler500 = failure.server_error

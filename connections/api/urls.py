"""Routes of the REST API of connections."""

from django.urls import path

from connections.api import (
    app_sessions,
    boundaries,
    budgets,
    client_secrets,
    clients,
    consent_policy,
    consents,
    explain,
    published_apps,
)
from connections.api import custom_app_integrations as custom

_OAUTH2 = "api/2.0/accounts/<uuid:account_id>/oauth2"
_BASE = f"{_OAUTH2}/custom-app-integrations"
_ONE = f"{_BASE}/<str:integration_id>"

urlpatterns = [
    path(_BASE, custom.Integrations.as_view()),
    path(_ONE, custom.Integration.as_view()),
    path(f"{_ONE}/enable", custom.Switch.as_view(enabled=True)),
    path(f"{_ONE}/disable", custom.Switch.as_view(enabled=False)),
    path(f"{_ONE}/rotate-secret", custom.RotateSecret.as_view()),
    path(f"{_ONE}/sessions", app_sessions.AppSessions.as_view()),
    path(f"{_ONE}/ip-allowlist", boundaries.IpAllowlist.as_view()),
    path(f"{_ONE}/allowed-catalogs", boundaries.AllowedCatalogs.as_view()),
    path(f"{_ONE}/consent-policy", consent_policy.ConsentPolicy.as_view()),
    path(f"{_ONE}/secrets", client_secrets.ClientSecrets.as_view()),
    path(f"{_ONE}/secrets/<str:secret_id>", client_secrets.OneClientSecret.as_view()),
    path("api/gatepost/v1/budgets", budgets.Budgets.as_view()),
    path("api/gatepost/v1/consents", consents.Consents.as_view()),
    path("api/gatepost/v1/consents/<str:consent_id>", consents.OneConsent.as_view()),
    path("api/gatepost/v1/privileges/explain", explain.Explain.as_view()),
    path(f"{_OAUTH2}/published-apps", published_apps.PublishedApps.as_view()),
    path(f"{_OAUTH2}/published-app-integrations", published_apps.PublishedAppIntegrations.as_view()),
    path(
        f"{_OAUTH2}/published-app-integrations/<str:integration_id>", published_apps.PublishedAppIntegration.as_view()
    ),
    path(f"{_OAUTH2}/registrations", clients.Registrations.as_view()),
    # A client_id may be the URL of a document, slashes and all.
    path(f"{_OAUTH2}/registrations/<path:client_id>/approve", clients.Approve.as_view()),
    path(f"{_OAUTH2}/registrations/<path:client_id>/reject", clients.Reject.as_view()),
    path("api/gatepost/v1/settings", clients.Settings.as_view()),
]

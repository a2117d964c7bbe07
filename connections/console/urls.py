"""Console pages of connections: Settings > App connections."""

from django.urls import path

from connections.console import (
    add,
    authorized_apps,
    budgets,
    clients,
    consent_policy,
    consents,
    detail,
    overview,
    workspace,
)

BASE = "settings/app-connections"
ONE = f"{BASE}/<uuid:integration_id>"
KNOWN = f"{BASE}/known-apps"
REGISTERED = f"{BASE}/registered"

urlpatterns = [
    path(BASE, overview.connection_list, name="console-app-connections"),
    path(f"{BASE}/add", add.choose_kind, name="console-app-connection-add"),
    path(f"{BASE}/add/app-integration", add.add_integration, name="console-app-integration-add"),
    path(f"{BASE}/add/preview", add.preview_integration, name="console-app-integration-preview"),
    path(KNOWN, clients.known_apps, name="console-known-apps"),
    path(f"{KNOWN}/<slug:app_id>/on", clients.switch_on, name="console-known-app-on"),
    path(f"{KNOWN}/<slug:app_id>/off", clients.switch_off, name="console-known-app-off"),
    path(f"{KNOWN}/<slug:app_id>/lifetimes", clients.lifetimes, name="console-known-app-lifetimes"),
    path(REGISTERED, clients.registered, name="console-registered-apps"),
    path(f"{REGISTERED}/<path:client_id>/approve", clients.approve, name="console-registered-app-approve"),
    path(f"{REGISTERED}/<path:client_id>/reject", clients.reject, name="console-registered-app-reject"),
    path(f"{BASE}/consents", consents.consent_list, name="console-consents"),
    path("settings/budgets", budgets.budget_list, name="console-budgets"),
    path("settings/budgets/set", budgets.put, name="console-budget-set"),
    path("settings/budgets/<int:budget_id>/remove", budgets.remove, name="console-budget-remove"),
    path("settings/workspace", workspace.settings, name="console-workspace"),
    path("authorized-apps", authorized_apps.app_list, name="console-authorized-apps"),
    path("authorized-apps/sign-out", authorized_apps.sign_out, name="console-authorized-apps-sign-out"),
    path("authorized-apps/<uuid:consent_id>/narrow", authorized_apps.narrow, name="console-consent-narrow"),
    path("authorized-apps/<uuid:consent_id>/revoke", authorized_apps.revoke, name="console-consent-revoke"),
    path(ONE, detail.show, name="console-app-integration"),
    path(f"{ONE}/edit", detail.edit, name="console-app-integration-edit"),
    path(f"{ONE}/revoke-consents", consents.revoke_of_app, name="console-app-integration-revoke-consents"),
    path(f"{ONE}/consent-policy", consent_policy.edit, name="console-consent-policy"),
    path(f"{ONE}/rotate-secret", detail.rotate, name="console-app-integration-rotate"),
    path(f"{ONE}/secrets/<uuid:secret_id>/created", add.secret_created, name="console-client-secret-created"),
    path(f"{ONE}/disable", detail.disable, name="console-app-integration-disable"),
    path(f"{ONE}/enable", detail.enable, name="console-app-integration-enable"),
    path(f"{ONE}/revoke-tokens", detail.revoke_tokens, name="console-app-integration-revoke-tokens"),
    path(f"{ONE}/delete", detail.delete, name="console-app-integration-delete"),
]

"""Models of connections. All six models of django-oauth-toolkit are swapped for ours."""

from connections.models.arrivals import Arrivals, FailedDocument
from connections.models.budgets import Budget, Spending
from connections.models.consents import AuthorizationRequest, Consent, Session
from connections.models.integrations import AppIntegration, ClientSecret
from connections.models.token_requests import TokenRequests
from connections.models.tokens import (
    AccessToken,
    AuthorizationCode,
    DeviceGrant,
    IDToken,
    RefreshToken,
    UsedAssertion,
)

__all__ = [
    "AccessToken",
    "AppIntegration",
    "Arrivals",
    "AuthorizationCode",
    "AuthorizationRequest",
    "Budget",
    "ClientSecret",
    "Consent",
    "DeviceGrant",
    "FailedDocument",
    "IDToken",
    "RefreshToken",
    "Session",
    "Spending",
    "TokenRequests",
    "UsedAssertion",
]

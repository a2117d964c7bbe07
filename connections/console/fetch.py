"""Fetching is checking: the rows that a console page may open."""

from uuid import UUID

from django.shortcuts import get_object_or_404

from connections.console.rows import integrations
from connections.models import AppIntegration


def get_integration(integration_id: UUID) -> AppIntegration:
    """Return the app integration with what its status needs, or answer 404."""
    return get_object_or_404(integrations(), integration_id=integration_id)

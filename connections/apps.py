"""App integrations, consents, sessions and tokens."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "connections"
    verbose_name = "App connections"

"""The project itself: commands, system checks and start-up."""

from django.apps import AppConfig

from config import (
    celery,  # noqa: F401 - makes the application current, so that jobs can wake it
    checks,  # noqa: F401 - registers the system checks
)


class GatepostConfig(AppConfig):
    name = "config"
    verbose_name = "Gatepost"

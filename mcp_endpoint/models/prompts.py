"""Prompts that an admin wrote. MCP server/prompts."""

from django.db import models
from django.utils import timezone


class Prompt(models.Model):
    """What prompts/list offers on the MCP URLs of `offered_on`. Like a curated server, it gives no privileges."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=64, unique=True, help_text="Letters, digits, - and _.")
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    arguments = models.JSONField(
        default=list, help_text="List of {name, title, description, required, complete, values} in order."
    )
    messages = models.JSONField(default=list, help_text="List of {role, text, resource} in order, with gaps.")
    offered_on = models.JSONField(default=list, help_text="Beginnings of MCP URLs, as mcp_endpoint.prompts.places.")
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, help_text="Grows with each change.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name

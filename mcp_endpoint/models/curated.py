"""Curated servers: tools that an admin chose, from any catalogs, under one URL. mcp.md 4.7."""

from django.db import models
from django.utils import timezone


class CuratedServer(models.Model):
    """What `/api/2.0/mcp/servers/{name}` offers. It gives no privileges: those of the objects behind it decide."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=63, unique=True, help_text="Letters, digits, - and _. Part of the MCP URL.")
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True, help_text="For people.")
    instructions = models.TextField(blank=True, help_text="What a model is told about the whole.")
    tools = models.JSONField(
        default=list, help_text="List of {kind, selector, tool, alias, description, presets} in order."
    )
    allow = models.JSONField(default=list, help_text="Patterns of tool names; empty allows all.")
    deny = models.JSONField(default=list, help_text="Patterns of tool names that are off.")
    enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1, help_text="Grows with each change.")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.name

"""What the API of curated servers answers, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.api.openapi import Answer


class CuratedTool(Answer):
    """A tool of another MCP URL, or all tools of it."""

    kind = serializers.CharField(help_text="functions, tables, sql or vector-search.")
    selector = serializers.CharField(help_text="What follows the kind in the MCP URL: catalog/schema.")
    tool = serializers.CharField(allow_blank=True, help_text="Name of the tool there; empty: all tools.")
    alias = serializers.CharField(allow_blank=True, help_text="Name of the tool here; empty: the same.")
    description = serializers.CharField(allow_blank=True, help_text="In place of the tool's own; empty: that one.")
    presets = serializers.DictField(help_text="Arguments that are fixed and not shown to the model.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "desk",
            {
                "name": "desk",
                "title": "Service desk",
                "description": "For the people who answer the phone.",
                "instructions": "Look the customer up before anything else.",
                "tools": [
                    {
                        "kind": "tables",
                        "selector": "demo/sales",
                        "tool": "query_orders",
                        "alias": "open_orders",
                        "description": "Orders that were not sent yet.",
                        "presets": {"filters": {"status": {"in": ["pending", "paid"]}}},
                    }
                ],
                "allow": [],
                "deny": ["count_*"],
                "enabled": True,
                "version": 3,
                "path": "/api/2.0/mcp/servers/desk",
                "create_time": "2026-01-01T00:00:00.000Z",
            },
        )
    ]
)
class CuratedServerInfo(Answer):
    """A curated server. It gives no privileges: those of the objects behind its tools decide."""

    name = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True, help_text="For people.")
    instructions = serializers.CharField(allow_blank=True, help_text="For the model.")
    tools = CuratedTool(many=True)
    allow = serializers.ListField(child=serializers.CharField(), help_text="Patterns of tool names; none: all.")
    deny = serializers.ListField(child=serializers.CharField(), help_text="Patterns of tool names that are off.")
    enabled = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Grows with each change.")
    path = serializers.CharField(help_text="Path of its MCP URL.")
    create_time = serializers.CharField()
    created_by = serializers.IntegerField(required=False)

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


class PromptArgument(Answer):
    """One gap of the messages of a prompt."""

    name = serializers.CharField()
    title = serializers.CharField(allow_blank=True, help_text="For people.")
    description = serializers.CharField(allow_blank=True, help_text="For people.")
    required = serializers.BooleanField()  # type: ignore[assignment]  # the word of MCP
    complete = serializers.CharField(
        allow_blank=True, help_text="catalog, schema, table, function or index: completed by their names."
    )
    values = serializers.ListField(child=serializers.CharField(), help_text="Completed by these.")


class PromptMessage(Answer):
    """One message of a prompt: a text or a resource."""

    role = serializers.CharField(help_text="user or assistant.")
    text = serializers.CharField(allow_blank=True, help_text="With gaps: {{argument}}.")
    resource = serializers.CharField(allow_blank=True, help_text="URI of a catalog object, which may have gaps.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "explore_schema",
            {
                "name": "explore_schema",
                "title": "Explore a schema",
                "description": "Get to know the tables of a schema.",
                "arguments": [
                    {
                        "name": "schema",
                        "title": "Schema",
                        "description": "Which one.",
                        "required": True,
                        "complete": "schema",
                        "values": [],
                    }
                ],
                "messages": [
                    {"role": "user", "text": "Describe the tables of {{schema}}.", "resource": ""},
                    {"role": "user", "text": "", "resource": "gatepost://demo/{{schema}}"},
                ],
                "offered_on": ["*/demo"],
                "enabled": True,
                "version": 3,
                "create_time": "2026-01-01T00:00:00.000Z",
                "update_time": "2026-01-01T00:00:00.000Z",
            },
        )
    ]
)
class PromptInfo(Answer):
    """A prompt. It gives no privileges: resources in it are read as its reader may read them."""

    name = serializers.CharField()
    title = serializers.CharField(allow_blank=True, help_text="For people.")
    description = serializers.CharField(allow_blank=True, help_text="For people.")
    arguments = PromptArgument(many=True)
    messages = PromptMessage(many=True)
    offered_on = serializers.ListField(
        child=serializers.CharField(), help_text="Beginnings of MCP URLs; * is everywhere."
    )
    enabled = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Grows with each change.")
    create_time = serializers.CharField()
    update_time = serializers.CharField()
    created_by = serializers.IntegerField(required=False)


class McpServiceConfig(Answer):
    """What an MCP service offers."""

    include_tool_selectors = serializers.ListField(
        child=serializers.CharField(), help_text="Patterns of tool names; none: all."
    )


class McpServiceInfo(Answer):
    """A curated server as the compatible API names it."""

    name = serializers.CharField(help_text="mcp-services/ and the name of the curated server.")
    comment = serializers.CharField(required=False)
    config = McpServiceConfig()
    create_time = serializers.DateTimeField()
    created_by = serializers.CharField(required=False, help_text="Who made it.")
    effective_owner = serializers.CharField(required=False)
    etag = serializers.CharField(help_text="Changes with each version.")
    metastore_id = serializers.UUIDField()
    url = serializers.CharField(help_text="Its MCP URL.")

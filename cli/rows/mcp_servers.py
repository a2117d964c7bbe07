"""Curated MCP servers. rest-api.md 6."""

from cli.spec import Flag, Kind, Paging, Resource, Verb

_TEXTS = (
    Flag("title", "For people and clients."),
    Flag("description", "For people."),
    Flag("instructions", "For the model."),
    Flag("allow", "Patterns of tool names, with * and ?; none: all.", Kind.LIST),
    Flag("deny", "Patterns of tool names that are off.", Kind.LIST),
)

SERVERS = Resource(
    "mcp-servers",
    "{X}/mcp-servers",
    "Curated MCP servers: chosen tools of any catalogs under one URL.",
    (
        Verb("list", "GET", "", "List the curated servers.", "", rows="servers", paging=Paging.TOKEN),
        Verb("get", "GET", "/{name}", "Show a curated server.", "desk"),
        Verb(
            "create",
            "POST",
            "",
            "Make a curated server; its tools by --json.",
            "--name desk --title 'Service desk'",
            flags=(Flag("name", "1 to 63 of A-Z, a-z, 0-9, _ and -.", is_needed=True), *_TEXTS),
            takes_json=True,
            creates=True,
        ),
        Verb(
            "update",
            "PATCH",
            "/{name}",
            "Change a curated server; its tools by --json.",
            "desk --deny 'count_*'",
            flags=(*_TEXTS, Flag("enabled", "Whether it answers.", Kind.SWITCH, off="disabled")),
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{name}",
            "Remove a curated server. The objects behind its tools stay.",
            "desk --yes",
            question="Remove the curated server {name}? Its URL answers nobody any more.",
        ),
    ),
    columns=("name", "title", "enabled", "version", "path"),
)

SERVICES = Resource(
    "mcp-services",
    "/api/2.1/unity-catalog/mcp-services",
    "Curated MCP servers that you may use.",
    (
        Verb(
            "list",
            "GET",
            "",
            "List those that hold a tool for you; account admins and auditors see all.",
            "--parent schemas/demo.sales",
            flags=(Flag("parent", "Only those with a choice of this schema: schemas/demo.sales."),),
            rows="mcp_services",
            paging=Paging.TOKEN,
        ),
        Verb("get", "GET", "/{name}", "Show one.", "desk"),
    ),
    columns=("name", "comment", "url"),
)

RESOURCES = (SERVERS, SERVICES)

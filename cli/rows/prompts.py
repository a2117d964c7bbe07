"""Prompts that an admin writes. rest-api.md 6."""

from cli.spec import Flag, Kind, Paging, Resource, Verb

_TEXTS = (
    Flag("title", "For people."),
    Flag("description", "For people."),
    Flag("offered-on", "Beginnings of MCP URLs, such as */demo/sales; * is everywhere.", Kind.LIST),
)

PROMPTS = Resource(
    "prompts",
    "{X}/prompts",
    "Prompts: texts with gaps that people choose in their MCP client.",
    (
        Verb("list", "GET", "", "List the prompts.", "", rows="prompts", paging=Paging.TOKEN),
        Verb("get", "GET", "/{name}", "Show a prompt.", "explore_schema"),
        Verb(
            "create",
            "POST",
            "",
            "Make a prompt; its arguments and messages by --json.",
            "--name explore_schema --offered-on '*/demo'",
            flags=(Flag("name", "1 to 64 of A-Z, a-z, 0-9, _ and -.", is_needed=True), *_TEXTS),
            takes_json=True,
            creates=True,
        ),
        Verb(
            "update",
            "PATCH",
            "/{name}",
            "Change a prompt; its arguments and messages by --json.",
            "explore_schema --disabled",
            flags=(*_TEXTS, Flag("enabled", "Whether it is offered.", Kind.SWITCH, off="disabled")),
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{name}",
            "Remove a prompt.",
            "explore_schema --yes",
            question="Remove the prompt {name}? No MCP URL offers it any more.",
        ),
    ),
    columns=("name", "title", "enabled", "version", "offered_on"),
)

RESOURCES = (PROMPTS,)

"""The commands of `gatepost workspace`. rest-api.md 4.7 and 6."""

from typing import Any

from cli.rows.network_lists import network_lists
from cli.spec import Flag, Kind, Resource, Verb


def _words(fields: dict[str, Any]) -> dict[str, Any]:
    """The switches are words on the wire."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in fields.items()}


CONF = Resource(
    "workspace conf",
    "/api/2.0/workspace-conf",
    "Switches of the workspace.",
    (
        Verb("get", "GET", "", "Show the switches.", "", query={"keys": "enableIpAccessLists"}),
        Verb(
            "set",
            "PATCH",
            "",
            "Set the switches.",
            "--ip-access-lists",
            flags=(
                Flag(
                    "ip-access-lists", "Whether the lists of the workspace count.", Kind.SWITCH, "enableIpAccessLists"
                ),
            ),
            wrap=_words,
            takes_json=True,
        ),
    ),
)

SETTINGS = Resource(
    "workspace settings",
    "{X}/settings",
    "How clients may come in by themselves, and who needs a second factor.",
    (
        Verb("get", "GET", "", "Show the settings.", ""),
        Verb(
            "update",
            "PATCH",
            "",
            "Change settings. Clients that came in before stay.",
            "--client-registration approval",
            flags=(
                Flag("client-registration", "off, approval or open."),
                Flag("client-documents", "off, listed or any."),
                Flag("client-document-hosts", "Hosts whose documents are accepted.", Kind.LIST),
                Flag("second-factor", "admins or everybody."),
            ),
            takes_json=True,
        ),
    ),
)

RESOURCES = (
    network_lists("workspace ip-access-lists", "/api/2.0/ip-access-lists", "the API, MCP and the token endpoint"),
    CONF,
    SETTINGS,
)

"""The commands of `gatepost workspace`. rest-api.md 4.7 and 6."""

from typing import Any

from cli.rows.network_lists import network_lists
from cli.spec import Flag, Kind, Paging, Resource, Verb


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

_WHOSE = (
    Flag("level", "account, catalog, client or token.", is_needed=True),
    Flag("subject", "Catalog name, client_id or token_id; nothing for the account."),
)

BUDGETS = Resource(
    "workspace budgets",
    "{X}/budgets",
    "How much one principal may use.",
    (
        Verb("list", "GET", "", "List budgets.", "", rows="budgets", paging=Paging.TOKEN),
        Verb(
            "set",
            "PUT",
            "",
            "Set a budget; what is left out is not limited.",
            "--level catalog --subject demo --calls-per-day 1000 --rows-per-day 100000",
            flags=(
                *_WHOSE,
                Flag("calls-per-day", "Tool calls on a day (UTC).", Kind.WHOLE),
                Flag("rows-per-day", "Rows on a day (UTC).", Kind.WHOLE),
                Flag("bytes-per-day", "Bytes of rows, as JSON, on a day (UTC).", Kind.WHOLE),
                Flag("concurrent-calls", "Calls at one time, in each process.", Kind.WHOLE),
                Flag("rows", "Rows of one call.", Kind.WHOLE),
                Flag("bytes", "Bytes of the rows of one call.", Kind.WHOLE),
                Flag("seconds", "Seconds of one call.", Kind.WHOLE),
                Flag("plan-cost", "What the planner may expect the SQL of one call to cost.", Kind.WHOLE),
            ),
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "",
            "Remove a budget.",
            "--level catalog --subject demo --yes",
            flags=_WHOSE,
            question="Remove the budget? Its limits end at once.",
        ),
    ),
    columns=(
        *("level", "subject", "calls_per_day", "rows_per_day", "bytes_per_day", "concurrent_calls"),
        *("rows", "bytes", "seconds", "plan_cost"),
    ),
)

RESOURCES = (
    network_lists("workspace ip-access-lists", "/api/2.0/ip-access-lists", "the API, MCP and the token endpoint"),
    CONF,
    SETTINGS,
    BUDGETS,
)

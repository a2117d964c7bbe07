"""Every command that is one call, as data: add a row and there is a command, with help, completion and a test for it."""

from cli.rows import account, catalogs, mcp_servers, oversight, prompts, statements, tokens, workspace

RESOURCES = (
    *account.RESOURCES,
    *workspace.RESOURCES,
    *tokens.RESOURCES,
    *catalogs.RESOURCES,
    *mcp_servers.RESOURCES,
    *prompts.RESOURCES,
    *statements.RESOURCES,
    *oversight.RESOURCES,
)
FAMILIES = {
    "account": "The account: app integrations, people, service accounts, IP access lists.",
    "sql": "SQL in the catalogs that you may use.",
    "workspace": "The workspace: IP access lists, switches, settings.",
}

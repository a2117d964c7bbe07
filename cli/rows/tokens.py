"""Personal access tokens: one's own, and everybody's. rest-api.md 4.5 and 4.6."""

from typing import Any

from cli.spec import Flag, Kind, Resource, Verb

_COMMENT = Flag("comment", "What it is for, at most 256 characters.")
_SCOPES = Flag("scopes", "Never more than your own.", Kind.LIST)
_LIFETIME = Flag("lifetime", "90d, at most 730d, which is also the default.", Kind.SECONDS, "lifetime_seconds")
_TOKEN_END = "It is refused from the next call on."  # noqa: S105 - a sentence


def _masked(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a change of a token, with the names of what changes."""
    return fields if "update_mask" in fields else {"token": fields, "update_mask": ",".join(fields)}


TOKENS = Resource(
    "tokens",
    "/api/2.0/token",
    "Your own personal access tokens.",
    (
        Verb(
            "create",
            "POST",
            "/create",
            "Make a token. It is shown here and never again.",
            "--comment ci --lifetime 90d --scopes sql",
            flags=(_COMMENT, _LIFETIME, _SCOPES),
            takes_json=True,
            creates=True,
            shows_secret=True,
        ),
        Verb("list", "GET", "/list", "List your tokens.", "", rows="token_infos"),
        Verb(
            "update",
            "PATCH",
            "/{token_id}",
            "Change the comment, or take scopes away.",
            "9c2e... --scopes mcp.sql",
            flags=(_COMMENT, _SCOPES),
            wrap=_masked,
            takes_json=True,
        ),
        Verb(
            "delete",
            "POST",
            "/delete",
            f"Revoke a token of yours. {_TOKEN_END}",
            "9c2e... --yes",
            arguments=("token_id",),
            question=f"Revoke the token {{token_id}}? {_TOKEN_END}",
        ),
    ),
    columns=("token_id", "comment", "scopes", "creation_time", "expiry_time"),
)

TOKEN_SERVERS = Resource(
    "tokens",
    "{X}/tokens",
    "Your own personal access tokens.",
    (
        Verb(
            "servers",
            "GET",
            "/{token_id}/resources",
            "List the MCP URLs that a token opens; none means all.",
            "9c2e...",
        ),
        Verb(
            "bind",
            "PUT",
            "/{token_id}/resources",
            "Let a token open these MCP URLs and nothing else. That cannot be undone.",
            "9c2e... --resources /api/2.0/mcp/functions/demo/sales",
            flags=(Flag("resources", "URLs of MCP servers, whole or as paths.", Kind.LIST, is_needed=True),),
            takes_json=True,
        ),
    ),
)

TOKEN_MANAGEMENT = Resource(
    "token-management",
    "/api/2.0/token-management",
    "Everybody's tokens, for account admins.",
    (
        Verb(
            "list",
            "GET",
            "/tokens",
            "List everybody's tokens.",
            "--created-by-username bob@example.com",
            flags=(
                Flag("created-by-id", "Numeric id of who made them.", Kind.WHOLE),
                Flag("created-by-username", "E-mail address of who made them."),
            ),
            rows="token_infos",
        ),
        Verb("get", "GET", "/tokens/{token_id}", "Show a token.", "9c2e...", inner="token_info"),
        Verb(
            "create-on-behalf",
            "POST",
            "/on-behalf-of/tokens",
            "Make a token for a service account. It is shown here and never again.",
            "--application-id 1f0c... --lifetime 30d --scopes mcp.functions",
            flags=(
                Flag("application-id", "The UUID of the service account.", is_needed=True),
                _COMMENT,
                _LIFETIME,
                _SCOPES,
            ),
            takes_json=True,
            creates=True,
            shows_secret=True,
        ),
        Verb(
            "update",
            "PATCH",
            "/tokens/{token_id}",
            "Change the comment of a token, or take scopes away.",
            "9c2e... --comment 'nightly load'",
            flags=(_COMMENT, _SCOPES),
            wrap=_masked,
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/tokens/{token_id}",
            f"Revoke a token. {_TOKEN_END}",
            "9c2e... --yes",
            question=f"Revoke the token {{token_id}}? {_TOKEN_END}",
        ),
    ),
    columns=("token_id", "comment", "created_by_username", "scopes", "last_used_day", "expiry_time"),
)

RESOURCES = (TOKENS, TOKEN_SERVERS, TOKEN_MANAGEMENT)

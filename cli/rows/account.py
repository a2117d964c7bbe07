"""The commands of `gatepost account`. rest-api.md 4.1 to 4.4 and 4.7."""

from typing import Any

from cli.rows.network_lists import network_lists
from cli.spec import Flag, Kind, Paging, Resource, Verb

_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_POLICY = (
    Flag(
        "access-token-ttl",
        "Life of an access token: 1h.",
        Kind.MINUTES,
        "token_access_policy.access_token_ttl_in_minutes",
    ),
    Flag(
        "refresh-token-ttl",
        "Life of a refresh token: 7d.",
        Kind.MINUTES,
        "token_access_policy.refresh_token_ttl_in_minutes",
    ),
)
_APP = (
    Flag("redirect-urls", "Where the client may be sent back to.", Kind.LIST),
    Flag("scopes", "What a person may be asked for.", Kind.LIST),
    Flag("user-authorized-scopes", "What a person must allow.", Kind.LIST),
    *_POLICY,
)
_CLAUDE = "--name Claude --redirect-urls https://claude.ai/api/mcp/auth_callback --scopes mcp.functions,offline_access"
_END = "Its tokens and sessions end at once."

CUSTOM_APP_INTEGRATION = Resource(
    "account custom-app-integration",
    "{A}/oauth2/custom-app-integrations",
    "App integrations that you register.",
    (
        Verb(
            "create",
            "POST",
            "",
            "Register an app integration. The secret of a confidential one is shown here and never again.",
            _CLAUDE,
            flags=(
                Flag("name", "1 to 100 characters.", is_needed=True),
                Flag("confidential", "Whether the client keeps a secret.", Kind.SWITCH, off="public"),
                *_APP,
            ),
            takes_json=True,
            creates=True,
            shows_secret=True,
        ),
        Verb(
            "list",
            "GET",
            "",
            "List the app integrations.",
            "--include-creator-username",
            flags=(Flag("include-creator-username", "Say who made each.", Kind.SWITCH),),
            rows="apps",
            paging=Paging.TOKEN,
        ),
        Verb("get", "GET", "/{integration_id}", "Show an app integration.", "5f0c..."),
        Verb(
            "update",
            "PATCH",
            "/{integration_id}",
            "Change an app integration. Lists replace; the policy merges field by field.",
            "5f0c... --scopes sql,offline_access --access-token-ttl 30m",
            flags=_APP,
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{integration_id}",
            f"Delete an app integration. {_END}",
            "5f0c... --yes",
            question=f"Delete the app integration {{integration_id}}? {_END}",
        ),
        Verb("enable", "POST", "/{integration_id}/enable", "Let a disabled app integration work again.", "5f0c..."),
        Verb(
            "disable",
            "POST",
            "/{integration_id}/disable",
            "Refuse an app integration and its tokens at once.",
            "5f0c...",
        ),
        Verb(
            "sessions",
            "GET",
            "/{integration_id}/sessions",
            "List the live sessions of an app integration.",
            "5f0c...",
            rows="sessions",
            paging=Paging.TOKEN,
            columns=("session_id", "user_name", "scopes", "resource", "expire_time"),
        ),
        Verb(
            "revoke-sessions",
            "DELETE",
            "/{integration_id}/sessions",
            "End every session of an app integration at once. People can connect again.",
            "5f0c... --yes",
            question="End every session of the app integration {integration_id}?",
        ),
        Verb(
            "ip-allowlist",
            "GET",
            "/{integration_id}/ip-allowlist",
            "Show from which addresses an app integration may come.",
            "5f0c...",
        ),
        Verb(
            "set-ip-allowlist",
            "PUT",
            "/{integration_id}/ip-allowlist",
            "Set from which addresses an app integration may come; none is no limit.",
            "5f0c... --ip-addresses 198.51.100.0/24",
            flags=(Flag("ip-addresses", "Addresses and ranges, at most 100.", Kind.LIST),),
            takes_json=True,
        ),
        Verb(
            "allowed-catalogs",
            "GET",
            "/{integration_id}/allowed-catalogs",
            "Show which catalogs an app integration can reach.",
            "5f0c...",
        ),
        Verb(
            "set-allowed-catalogs",
            "PUT",
            "/{integration_id}/allowed-catalogs",
            "Set which catalogs an app integration can reach, whatever its people may do.",
            "5f0c... --catalogs demo",
            flags=(
                Flag("catalogs", "Names of catalogs.", Kind.LIST),
                Flag("all", "Every catalog that its people may use.", Kind.SWITCH),
            ),
            takes_json=True,
        ),
        Verb(
            "consent-policy",
            "GET",
            "/{integration_id}/consent-policy",
            "Show when people are asked about an app integration.",
            "5f0c...",
        ),
        Verb(
            "set-consent-policy",
            "PUT",
            "/{integration_id}/consent-policy",
            "Ask people every time or the first time, or accept in advance for groups.",
            "5f0c... --policy pre_approved --groups analysts",
            flags=(
                Flag("policy", "every_time, first_time or pre_approved.", is_needed=True),
                Flag("groups", "Names of groups, for pre_approved.", Kind.LIST),
            ),
            takes_json=True,
        ),
        Verb(
            "rotate-secret",
            "POST",
            "/{integration_id}/rotate-secret",
            "Make a new secret. The old one works until the overlap is over.",
            "5f0c... --overlap 1h",
            flags=(
                Flag(
                    "overlap",
                    "How long the old secret still works: 0 to 7d, 1d when left out.",
                    Kind.SECONDS,
                    "overlap_seconds",
                ),
            ),
            takes_json=True,
            creates=True,
            shows_secret=True,
        ),
    ),
    columns=("integration_id", "client_id", "name", "confidential", "scopes", "create_time"),
)


CLIENT_SECRETS = Resource(
    "account custom-app-integration-secrets",
    "{A}/oauth2/custom-app-integrations",
    "Secrets of app integrations; rotate-secret makes them.",
    (
        Verb(
            "list",
            "GET",
            "/{integration_id}/secrets",
            "List the secrets that work, without their values.",
            "5f0c...",
            rows="secrets",
        ),
        Verb(
            "delete",
            "DELETE",
            "/{integration_id}/secrets/{secret_id}",
            "Delete a secret. It is refused at once.",
            "5f0c... 8e1d... --yes",
            question="Delete the secret {secret_id}? It is refused at once.",
        ),
    ),
    columns=("secret_id", "ends_in", "create_time", "expire_time", "last_use_time", "last_use_address"),
)

PUBLISHED_APPS = Resource(
    "account published-apps",
    "{A}/oauth2/published-apps",
    "Ready-made app integrations for well-known clients.",
    (Verb("list", "GET", "", "List what can be switched on.", "", rows="apps", paging=Paging.TOKEN),),
    columns=("app_id", "name", "client_id", "scopes"),
)

PUBLISHED_APP_INTEGRATION = Resource(
    "account published-app-integration",
    "{A}/oauth2/published-app-integrations",
    "Published apps that are switched on.",
    (
        Verb(
            "create",
            "POST",
            "",
            "Switch a published app on.",
            "--app-id claude",
            flags=(Flag("app-id", "From `gatepost account published-apps list`.", is_needed=True), *_POLICY),
            takes_json=True,
            creates=True,
        ),
        Verb("list", "GET", "", "List the published apps that are on.", "", rows="apps", paging=Paging.TOKEN),
        Verb("get", "GET", "/{integration_id}", "Show a published app that is on.", "5f0c..."),
        Verb(
            "update",
            "PATCH",
            "/{integration_id}",
            "Change the lifetimes of its tokens.",
            "5f0c... --access-token-ttl 30m",
            flags=_POLICY,
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{integration_id}",
            f"Switch a published app off. {_END}",
            "5f0c... --yes",
            question=f"Switch the published app {{integration_id}} off? {_END}",
        ),
    ),
    columns=("integration_id", "app_id", "name", "create_time"),
)

REGISTRATIONS = Resource(
    "account registrations",
    "{A}/oauth2/registrations",
    "Clients that registered themselves.",
    (
        Verb(
            "list",
            "GET",
            "",
            "List the clients that registered themselves. What they say about themselves is not verified.",
            "",
            rows="registrations",
            paging=Paging.TOKEN,
        ),
        Verb("approve", "POST", "/{client_id}/approve", "Let people connect a client that waits.", "7b9f..."),
        Verb(
            "reject",
            "POST",
            "/{client_id}/reject",
            f"Delete a client that registered itself. {_END}",
            "7b9f... --yes",
            question=f"Delete the client {{client_id}}? {_END}",
        ),
    ),
    columns=("client_id", "client_name", "state", "registration_source", "resembles", "create_time"),
)


def _roles(fields: dict[str, Any]) -> dict[str, Any]:
    """RFC 7643 2.4: what has several values is written as objects."""
    return {name: _objects(value) if name in {"roles", "members"} else value for name, value in fields.items()}


def _objects(values: list[Any]) -> list[Any]:
    return [{"value": each} if isinstance(each, str) else each for each in values]


def _patch(fields: dict[str, Any]) -> dict[str, Any]:
    """RFC 7644 3.5.2: values without a path, because some clients lose a false one that has a path."""
    if "Operations" in fields:
        return {"schemas": [_PATCH], **fields}
    return {"schemas": [_PATCH], "Operations": [{"op": "replace", "value": _roles(fields)}]}


def _scim(
    command: str,
    base: str,
    noun: str,
    making: tuple[Flag, ...],
    changing: tuple[Flag, ...],
    made: str,
    *more: Verb,
    columns: tuple[str, ...],
) -> Resource:
    """Return the commands of one kind of SCIM resource."""
    return Resource(
        command,
        base,
        f"{noun.capitalize()}s, by SCIM.",
        (
            Verb(
                "list",
                "GET",
                "",
                f"List the {noun}s.",
                "--filter 'displayName sw \"a\"'",
                flags=(Flag("filter", "A SCIM filter: eq, ne, co or sw, with and/or."),),
                rows="Resources",
                paging=Paging.SCIM,
            ),
            Verb("get", "GET", "/{id}", f"Show a {noun}.", "42"),
            Verb(
                "create", "POST", "", f"Make a {noun}.", made, flags=making, wrap=_roles, takes_json=True, creates=True
            ),
            Verb(
                "update",
                "PATCH",
                "/{id}",
                f"Change a {noun}. Lists replace.",
                "42 --display-name Nightly",
                flags=changing,
                wrap=_patch,
                takes_json=True,
            ),
            *more,
            Verb(
                "delete",
                "DELETE",
                "/{id}",
                f"Delete a {noun}.",
                "42 --yes",
                question=f"Delete the {noun} {{id}}? What was given through it is lost at once.",
            ),
        ),
        columns,
    )


def _switches(noun: str) -> tuple[Verb, Verb]:
    ends = "Sessions, tokens and running queries end within a second."
    return (
        Verb("activate", "PATCH", "/{id}", f"Let a {noun} in again.", "42", fixed={"active": True}, wrap=_patch),
        Verb("deactivate", "PATCH", "/{id}", f"Shut a {noun} out. {ends}", "42", fixed={"active": False}, wrap=_patch),
    )


_NAME = Flag("display-name", "Name for people.", field="displayName")
_EXTERNAL = Flag("external-id", "Id in another system.", field="externalId")
_ROLES = Flag("roles", "account_admin, auditor.", Kind.LIST)
_MEMBERS = Flag("members", "Ids of people and service accounts.", Kind.LIST)

SERVICE_PRINCIPALS = _scim(
    "account service-principals",
    "{A}/scim/v2/ServicePrincipals",
    "service account",
    (
        Flag("display-name", "Name for people.", field="displayName", is_needed=True),
        Flag("application-id", "A UUID, made when left out; it is the OAuth client id.", field="applicationId"),
        _EXTERNAL,
        _ROLES,
    ),
    (_NAME, _EXTERNAL, _ROLES),
    "--display-name Nightly",
    *_switches("service account"),
    columns=("id", "applicationId", "displayName", "active", "roles", "groups"),
)

USERS = _scim(
    "account users",
    "{A}/scim/v2/Users",
    "person",
    (Flag("user-name", "E-mail address.", field="userName", is_needed=True), _NAME, _EXTERNAL, _ROLES),
    (_NAME, _EXTERNAL, _ROLES),
    "--user-name bob@example.com --display-name Bob",
    *_switches("person"),
    columns=("id", "userName", "displayName", "active", "roles", "groups"),
)

PASSWORD_LINKS = Resource(
    "account password-links",
    "{X}/users",
    "Links with which people choose a password: an invitation, or help for who forgot it.",
    (
        Verb(
            "create",
            "POST",
            "/{user_id}/password-links",
            "Make a link. It works once, within 72 hours, and is shown here and never again.",
            "42",
            creates=True,
            shows_secret=True,
        ),
    ),
)

GROUPS = _scim(
    "account groups",
    "{A}/scim/v2/Groups",
    "group",
    (Flag("display-name", "Name for people.", field="displayName", is_needed=True), _MEMBERS, _EXTERNAL),
    (_NAME, _MEMBERS, _EXTERNAL),
    "--display-name analysts --members 42,43",
    columns=("id", "displayName", "members"),
)

SERVICE_PRINCIPAL_SECRETS = Resource(
    "account service-principal-secrets",
    "{A}/servicePrincipals",
    "Secrets of service accounts.",
    (
        Verb(
            "create",
            "POST",
            "/{service_principal_id}/credentials/secrets",
            "Make a secret. It is shown here and never again.",
            "42 --lifetime 90d --scopes mcp.functions",
            flags=(
                Flag("lifetime", "90d, at most 730d, which is also the default.", Kind.SECONDS_TEXT),
                Flag("scopes", "No token made with the secret has more; all-apis when left out.", Kind.LIST),
            ),
            takes_json=True,
            creates=True,
            shows_secret=True,
        ),
        Verb(
            "list",
            "GET",
            "/{service_principal_id}/credentials/secrets",
            "List the secrets of a service account, without their values.",
            "42",
            rows="secrets",
            paging=Paging.TOKEN,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{service_principal_id}/credentials/secrets/{secret_id}",
            "Delete a secret. It and tokens made with it are refused at once.",
            "42 8e1d... --yes",
            question="Delete the secret {secret_id}? It and tokens made with it are refused at once.",
        ),
    ),
    columns=("id", "status", "scopes", "create_time", "expire_time", "last_use_time"),
)

SERVICE_PRINCIPAL_KEYS = Resource(
    "account service-principal-keys",
    "{A}/servicePrincipals",
    "Public keys with which service accounts sign in (private_key_jwt).",
    (
        Verb(
            "create",
            "POST",
            "/{service_principal_id}/credentials/keys",
            "Register a public key.",
            "42 --jwk-file public.json --lifetime 90d --scopes mcp.functions",
            flags=(
                Flag("jwk-file", "File with the public JWK, or - for input.", Kind.PUBLIC_KEY, "jwk", is_needed=True),
                Flag("lifetime", "90d, at most 730d, which is also the default.", Kind.SECONDS_TEXT),
                Flag("scopes", "No token made with the key has more; all-apis when left out.", Kind.LIST),
            ),
            takes_json=True,
            creates=True,
        ),
        Verb(
            "list",
            "GET",
            "/{service_principal_id}/credentials/keys",
            "List the public keys of a service account.",
            "42",
            rows="keys",
            paging=Paging.TOKEN,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{service_principal_id}/credentials/keys/{key_id}",
            "Delete a key. It and tokens made with it are refused at once.",
            "42 8e1d... --yes",
            question="Delete the key {key_id}? It and tokens made with it are refused at once.",
        ),
    ),
    columns=("id", "algorithm", "thumbprint", "scopes", "create_time", "expire_time", "last_use_time"),
)

RESOURCES = (
    CUSTOM_APP_INTEGRATION,
    CLIENT_SECRETS,
    PUBLISHED_APPS,
    PUBLISHED_APP_INTEGRATION,
    REGISTRATIONS,
    SERVICE_PRINCIPALS,
    SERVICE_PRINCIPAL_SECRETS,
    SERVICE_PRINCIPAL_KEYS,
    USERS,
    PASSWORD_LINKS,
    GROUPS,
    network_lists("account ip-access-lists", "{A}/ip-access-lists", "the console and the account API"),
)

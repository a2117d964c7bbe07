"""What the control database says about a bearer token, in one statement. connections.tokens judges it.

An access token that a personal access token was exchanged for counts as that one, with limits of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from accounts.network_lists import SWITCH
from accounts.networks import NetworkPolicy
from accounts.secrets import Prefix

Surface = Literal["workspace", "account"]
Policies = Mapping[Surface, tuple[NetworkPolicy, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One credential with its principal and, for an OAuth token, its client, session and consent."""

    kind: Literal["pat", "oauth", "service"]
    id: str
    issued_at: datetime
    scopes: list[str]
    audience: list[str]
    bound_to: list[str]  # what the personal access token opens that it was exchanged for
    ip_allowlist: list[str]
    expires_at: datetime
    revoked_at: datetime | None

    principal_id: int
    principal_kind: Literal["person", "service"]
    principal_name: str
    is_active: bool
    is_account_admin: bool
    is_auditor: bool
    groups: list[int]

    secret_id: UUID | None
    key_id: UUID | None
    session_id: UUID | None
    session_ends_at: datetime | None
    session_revoked_at: datetime | None  # of the session, or of the consent that it lives under
    session_scopes: list[str] | None  # or those of the personal access token that it was exchanged for
    session_catalogs: list[str] | None

    client_id: str | None
    client_name: str | None
    client_scopes: list[str] | None
    client_enabled: bool | None
    client_ip_allowlist: list[str] | None
    client_catalogs: list[str] | None


_PRINCIPAL: Final = """
    u.id AS principal_id, u.kind AS principal_kind,
    coalesce(u.email, u.application_id::text) AS principal_name,
    u.is_active, u.is_account_admin, u.is_auditor,
    ARRAY(SELECT m.group_id FROM accounts_user_groups m WHERE m.user_id = u.id) AS groups
"""
_PERSONAL_ACCESS_TOKEN: Final = f"""
    SELECT 'pat' AS kind, t.token_id AS id, t.created_at AS issued_at, t.scopes,
           CASE WHEN t.resources = '{{}}' THEN '{{/}}' ELSE t.resources END AS audience, '{{/}}'::text[] AS bound_to,
           t.ip_allowlist, t.expires_at, t.revoked_at, {_PRINCIPAL},
           NULL AS secret_id, NULL AS key_id, NULL AS session_id, NULL AS session_ends_at, NULL AS session_revoked_at,
           NULL AS session_scopes, NULL AS session_catalogs, NULL AS client_id, NULL AS client_name,
           NULL AS client_scopes, NULL AS client_enabled, NULL AS client_ip_allowlist, NULL AS client_catalogs
    FROM accounts_personalaccesstoken t
    JOIN accounts_user u ON u.id = t.owner_id
    WHERE t.digest = decode(%s, 'hex')
"""  # noqa: S608 - made of constants
_ACCESS_TOKEN: Final = f"""
    SELECT CASE WHEN p.token_id IS NOT NULL THEN 'pat'
                WHEN coalesce(t.secret_id, t.key_id) IS NULL THEN 'oauth' ELSE 'service' END AS kind,
           coalesce(p.token_id, t.id::text) AS id, t.created AS issued_at,
           string_to_array(t.scope, ' ') AS scopes, ARRAY[t.audience] AS audience,
           coalesce(nullif(p.resources, '{{}}'), '{{/}}') AS bound_to,
           coalesce(p.ip_allowlist, '{{}}') AS ip_allowlist, least(t.expires, p.expires_at) AS expires_at,
           coalesce(p.revoked_at,
                    CASE WHEN u.deactivated_at IS DISTINCT FROM
                              CASE WHEN s.id IS NULL THEN t.principal_deactivated_at ELSE s.principal_deactivated_at END
                         THEN u.deactivated_at END) AS revoked_at,
           {_PRINCIPAL},
           t.secret_id, t.key_id, t.session_id, s.ends_at AS session_ends_at,
           coalesce(s.revoked_at, o.revoked_at) AS session_revoked_at,
           coalesce(s.scopes, p.scopes) AS session_scopes, s.catalogs AS session_catalogs,
           c.client_id, c.name AS client_name, c.scopes AS client_scopes, c.enabled AS client_enabled,
           c.ip_allowlist AS client_ip_allowlist, c.allowed_catalogs AS client_catalogs
    FROM connections_accesstoken t
    JOIN accounts_user u ON u.id = t.user_id
    LEFT JOIN connections_appintegration c ON c.id = t.application_id
    LEFT JOIN accounts_personalaccesstoken p ON p.token_id = t.personal_access_token_id
    LEFT JOIN connections_session s ON s.id = t.session_id
    LEFT JOIN connections_consent o ON o.id = s.consent_id
    WHERE t.token_checksum = %s
"""  # noqa: S608 - made of constants

_LISTS: Final = """
    SELECT surface, list_type, ip_addresses FROM accounts_networkaccesslist
    WHERE enabled AND (surface <> 'workspace'
                       OR (SELECT settings ->> %s FROM accounts_account) IS DISTINCT FROM 'false')
"""

# The kinds of secrets that are bearer tokens. Absent = refused.
_STATEMENTS: Final[Mapping[Prefix, str]] = MappingProxyType(
    {Prefix.PERSONAL_ACCESS_TOKEN: _PERSONAL_ACCESS_TOKEN, Prefix.ACCESS_TOKEN: _ACCESS_TOKEN}
)


def is_bearer(prefix: Prefix | None) -> bool:
    """Tell whether a secret of this kind opens anything as a bearer token."""
    return prefix in _STATEMENTS


async def facts(connection: AsyncConnection[TupleRow], prefix: Prefix, digest: bytes) -> Facts | None:
    """Return what is known about the token with this digest, or None."""
    async with connection.cursor(row_factory=class_row(Facts)) as cursor:
        await cursor.execute(_STATEMENTS[prefix], (digest.hex(),))
        return await cursor.fetchone()


async def policies(connection: AsyncConnection[TupleRow]) -> Policies:
    """Return what the enabled network access lists of each surface add up to; nothing for a surface without lists."""
    cursor = await connection.execute(_LISTS, (SWITCH,))
    lists: dict[Surface, list[tuple[str, list[str]]]] = {"workspace": [], "account": []}
    for surface, list_type, ranges in await cursor.fetchall():
        lists[surface].append((list_type, ranges))
    return {surface: (NetworkPolicy.from_lists(found),) if found else () for surface, found in lists.items()}

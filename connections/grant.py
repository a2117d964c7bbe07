"""The Grant: what one request may do. Pure values without Django; connections.tokens is the only maker."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts. `groups` are group ids; `name` is the e-mail address or the application id."""

    id: int
    kind: Literal["person", "service"]
    name: str
    groups: frozenset[int]
    is_account_admin: bool
    is_auditor: bool


@dataclass(frozen=True, slots=True)
class Client:
    """The OAuth client that asks, absent for a personal access token."""

    id: str
    name: str
    scopes: frozenset[str]  # what the client may hold at all


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Limits from the consent or the client. None means no limit; they only ever take away."""

    catalogs: frozenset[str] | None = None
    read_only: bool = False
    row_limit: int | None = None  # rows

    def allows_catalog(self, name: str) -> bool:
        """Tell whether the catalog lies within the limits."""
        return self.catalogs is None or name in self.catalogs


@dataclass(frozen=True, slots=True)
class Grant:
    """Made once for a request by `tokens.verify`, passed as an argument, never changed and never derived again."""

    principal: Principal
    client: Client | None
    credential_kind: Literal["pat", "oauth", "service"]
    credential_id: str
    session_id: str | None
    scopes: frozenset[str]  # effective: token, client, credential and role intersected
    audience: tuple[str, ...]  # paths of this deployment; ("/",) is the whole of it
    narrowing: Narrowing
    expires_at: datetime
    address: Address | None

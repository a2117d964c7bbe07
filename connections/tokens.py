"""RFC 6750 2.1, RFC 8707 2: the only maker of Grants. One way in for personal access tokens and access tokens.

The facts about a token are remembered by its digest and judged anew at each call, so that one entry serves all URLs and
addresses and no token outlives its end.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from accounts import freshness, secrets, uses
from accounts.networks import NetworkPolicy
from accounts.scopes import Scope, expand, intersect
from audit import control_database, event_loop
from connections import attribution, credentials
from connections.credentials import Facts, Policies, Surface
from connections.errors import AddressRefused, ClientDisabled, InvalidToken, TemporarilyUnavailable
from connections.grant import Address, Client, Grant, Narrowing, Principal
from connections.resources import EVERYTHING, common, contains


@dataclass(slots=True)
class _Credential:
    """A token that was good when it was read: what it grants, and what each call is measured against."""

    grant: Grant  # for the address that called last
    issued_at: datetime
    ends: float  # grant.expires_at in seconds since 1970
    is_enabled: bool  # its client
    networks: tuple[NetworkPolicy, ...]  # of credential and client
    uses: tuple[tuple[str, str], ...]


_credentials: Final = freshness.FreshCache[bytes, _Credential](20_000)
_policies: Final = freshness.FreshCache[str, Policies](1)
_LISTS: Final = "network access lists"


async def verify(
    raw_token: str, *, resource: str | None, address: Address | None, surface: Surface = "workspace"
) -> Grant:
    """Return what a request with this token may do, or raise the refusal of connections.errors.

    `resource` is the canonical path of an MCP URL, None for the REST API. Reads nothing when the token is remembered.
    """
    credential, policies = await _find(raw_token)
    return _admit(credential, policies[surface], resource, address)


def remembered(
    raw_token: str, *, resource: str | None, address: Address | None, surface: Surface = "workspace"
) -> Grant | None:
    """Do the same for a token that is remembered, else return None: spares a thread the way to the owning loop."""
    found = _recall(raw_token)
    if found is None:
        return None
    credential, policies = found
    return _admit(credential, policies[surface], resource, address)


async def inspect(raw_token: str) -> tuple[Grant, datetime] | None:
    """Return what a token may be used for and since when (RFC 7662), or None when every call with it is refused."""
    try:
        credential, _ = await _find(raw_token)
    except InvalidToken:
        return None
    is_active = credential.is_enabled and credential.ends > time.time()
    return (credential.grant, credential.issued_at) if is_active else None


async def _find(raw_token: str) -> tuple[_Credential, Policies]:
    found = _recall(raw_token)
    if found is not None:
        return found
    prefix = secrets.prefix_of(raw_token)
    if prefix is None or not credentials.is_bearer(prefix):
        raise InvalidToken("The token is no token of this server.", reason="malformed_token")
    return await event_loop.on_owner(_read(prefix, secrets.digest(raw_token)))


def _recall(raw_token: str) -> tuple[_Credential, Policies] | None:
    if not raw_token.isascii():
        return None
    credential, policies = _credentials.get(secrets.digest(raw_token)), _policies.get(_LISTS)
    return None if credential is None or policies is None else (credential, policies)


def _admit(
    credential: _Credential, surface: tuple[NetworkPolicy, ...], resource: str | None, address: Address | None
) -> Grant:
    """Judge what may differ from call to call: time, resource and address."""
    grant, now = credential.grant, time.time()
    if grant.address != address:
        grant = credential.grant = replace(grant, address=address)
    if credential.ends <= now:
        raise _invalid(grant, "The token has expired.", "expired")
    if not _is_for(grant.audience, resource):
        raise _invalid(grant, "The token is for another resource.", "wrong_audience")
    if not credential.is_enabled:
        raise ClientDisabled(
            "An admin switched this app off. Ask them.", reason="client_disabled", by=attribution.by(grant, "")
        )
    for policy in surface + credential.networks:
        if refusal := policy.refusal(address):
            raise AddressRefused(refusal, reason="address_refused", by=attribution.by(grant, ""))
    for kind, name in credential.uses:
        uses.note(kind, name, address, now)
    return grant


def _is_for(audience: tuple[str, ...], resource: str | None) -> bool:
    """RFC 8707 2: a token that names a resource opens that and what lies below it, and not the REST API."""
    if EVERYTHING in audience:
        return True
    return resource is not None and any(contains(path, resource) for path in audience)


async def _read(prefix: secrets.Prefix, digest: bytes) -> tuple[_Credential, Policies]:
    """Read and judge a token. However many calls bring it at one time, it is read once."""
    try:
        credential = await _credentials.read(digest, lambda: _read_credential(prefix, digest))
        return credential, await _policies.read(_LISTS, _read_policies)
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise TemporarilyUnavailable(
            "The control database cannot be reached. Try again in a moment.", reason="database_unreachable"
        ) from error


async def _read_credential(prefix: secrets.Prefix, digest: bytes) -> _Credential:
    async with (await control_database.pool()).connection() as connection:
        return _judge(await credentials.facts(connection, prefix, digest))


async def _read_policies() -> Policies:
    async with (await control_database.pool()).connection() as connection:
        return await credentials.policies(connection)


def _judge(facts: Facts | None) -> _Credential:
    """Judge what only a change in the database can alter. Raise InvalidToken, or return the credential."""
    if facts is None:
        raise InvalidToken("The token is unknown or was deleted.", reason="unknown_token")
    grant = _grant(facts)
    if not facts.is_active:
        raise _invalid(grant, "The person or service account is deactivated.", "principal_disabled")
    if facts.revoked_at is not None:
        raise _invalid(grant, "The token was revoked.", "revoked")
    if facts.kind == "oauth" and facts.session_ends_at is None:
        raise _invalid(grant, "The token belongs to no session.", "no_session")
    if facts.session_revoked_at is not None:
        raise _invalid(grant, "The session of the token was revoked. Sign in again.", "session_revoked")
    if not grant.audience:
        raise _invalid(grant, "The personal access token behind it no longer opens its resource.", "wrong_audience")
    networks = (facts.ip_allowlist, facts.client_ip_allowlist or [])
    return _Credential(
        grant=grant,
        issued_at=facts.issued_at,
        ends=grant.expires_at.timestamp(),
        is_enabled=facts.client_enabled is not False,
        networks=tuple(NetworkPolicy.allowing(ranges) for ranges in networks if ranges),
        uses=_uses(facts),
    )


def _grant(facts: Facts) -> Grant:
    scopes = _effective(facts)
    client = None
    if facts.client_id is not None:
        client = Client(facts.client_id, facts.client_name or "", frozenset(facts.client_scopes or ()))
    return Grant(
        principal=Principal(
            id=facts.principal_id,
            kind=facts.principal_kind,
            name=facts.principal_name,
            groups=frozenset(facts.groups),
            is_account_admin=facts.is_account_admin,
            is_auditor=facts.is_auditor,
        ),
        client=client,
        credential_kind=facts.kind,
        credential_id=facts.id,
        session_id=None if facts.session_id is None else str(facts.session_id),
        scopes=scopes,
        audience=common(facts.audience, facts.bound_to),
        narrowing=Narrowing(
            catalogs=_both(facts.session_catalogs, facts.client_catalogs), read_only=Scope.MCP_WRITE not in scopes
        ),
        expires_at=min(facts.expires_at, facts.session_ends_at or facts.expires_at),
        address=None,
    )


def _effective(facts: Facts) -> frozenset[str]:
    """RFC 6749 3.3: what token, session and client all allow. The session may have been narrowed after the token,
    and so may the personal access token that it was exchanged for.

    A role takes no scope away: it is checked where it is needed (rest-api.md 7). A member too needs access-management,
    to make tokens of its own, and never gets past a view that asks for an account admin.
    """
    limits = [frozenset(names) for names in (facts.session_scopes, facts.client_scopes) if names is not None]
    return reduce(intersect, limits, expand(frozenset(facts.scopes)))


def _both(left: list[str] | None, right: list[str] | None) -> frozenset[str] | None:
    """Return what both lists allow. None allows everything."""
    given = [frozenset(names) for names in (left, right) if names is not None]
    return frozenset.intersection(*given) if given else None


def _uses(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return under which keys of accounts.uses a call counts."""
    keys = {
        "pat": facts.id if facts.kind == "pat" else None,
        "client": facts.client_id if facts.kind != "service" else None,
        "session": facts.session_id,
        "service": facts.principal_name if facts.principal_kind == "service" else None,
        "service_secret": facts.secret_id,
        "service_key": facts.key_id,
    }
    return tuple((kind, str(key)) for kind, key in keys.items() if key is not None)


def _invalid(grant: Grant, description: str, reason: str) -> InvalidToken:
    return InvalidToken(description, reason=reason, by=attribution.by(grant, ""))

"""Who asks, from the Grant of a request. accounts knows no Grant, only these attributes of it."""

from typing import Protocol, cast

from rest_framework.request import Request

from accounts.addresses import address_of
from accounts.networks import Address
from audit.event import By


class Principal(Protocol):
    """Who acts."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def is_account_admin(self) -> bool: ...
    @property
    def is_auditor(self) -> bool: ...


class Client(Protocol):
    """The OAuth client that asks."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class Narrowing(Protocol):
    """Limits of the credential. None is no limit."""

    @property
    def catalogs(self) -> frozenset[str] | None: ...


class Holder(Protocol):
    """What the views of this app use of a Grant."""

    @property
    def principal(self) -> Principal: ...
    @property
    def client(self) -> Client | None: ...
    @property
    def credential_kind(self) -> str: ...
    @property
    def credential_id(self) -> str: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def narrowing(self) -> Narrowing: ...
    @property
    def address(self) -> Address | None: ...


def holder_of(request: Request) -> Holder:
    """Return the Grant of an authenticated request."""
    return cast(Holder, request.auth)


def by_of(request: Request) -> By:
    """Return who asks, for the audit record."""
    grant = holder_of(request)
    client = grant.client
    return By(
        principal_id=grant.principal.id,
        principal_kind=grant.principal.kind,
        principal_name=grant.principal.name,
        client_id=client.id if client else "",
        client_name=client.name if client else "",
        credential_kind=grant.credential_kind,
        credential_id=grant.credential_id,
        scopes=tuple(sorted(grant.scopes)),
        address=grant.address or address_of(request._request),
        request_id=getattr(request, "request_id", ""),
    )

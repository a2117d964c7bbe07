"""What one request at an OAuth endpoint turned out to be about: gathered while it is checked, for its audit record."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from django.http import HttpRequest
from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Error

from accounts.models import PersonalAccessToken, ServiceAccountKey, ServiceAccountSecret, User
from accounts.networks import Address, NetworkPolicy
from audit import record
from audit.event import By, Event, Outcome
from audit.prepared import Statement
from connections.models import AppIntegration, AuthorizationCode, RefreshToken, Session
from connections.resources import IsResource

KEY: Final = "gatepost-attempt"  # among the headers that oauthlib's request carries; no client can send it

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Attempt:
    """Facts of the request, and what the checks found out about it.

    It stands beside oauthlib's request because that one answers for any attribute with a parameter of the same name.
    """

    action: str
    address: Address | None
    request_id: str
    issuer: str
    origins: tuple[str, ...]
    is_resource: IsResource
    workspace: NetworkPolicy | None = None  # the network lists in force, read with the counters of the request
    client: AppIntegration | None = None
    user: User | None = None
    session: Session | None = None
    secret: ServiceAccountSecret | None = None
    key: ServiceAccountKey | None = None
    personal_access_token: PersonalAccessToken | None = None  # that is exchanged
    is_signed: bool = False  # the client has proved itself with an assertion, which works once
    code: AuthorizationCode | None = None
    refresh: RefreshToken | None = None
    replayed: dict[str, Any] | None = None  # the answer that an earlier use of the refresh token got
    audience: str = ""
    scopes: tuple[str, ...] = ()
    reason: str = ""
    is_recorded: bool = True  # False where nothing is decided: a question, or a poll that waits
    details: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Statement] = field(default_factory=dict)  # what is stored with the record, if all goes well

    @property
    def credential(self) -> ServiceAccountSecret | ServiceAccountKey | PersonalAccessToken | None:
        """Return what the principal itself, and no client, brought."""
        return self.secret or self.key or self.personal_access_token

    @property
    def ends_at(self) -> datetime:
        """Return when that ends which the tokens of this request stand on."""
        if self.session is not None:
            return self.session.ends_at
        return certain(None if self.credential is None else self.credential.expires_at)

    def write(self, outcome: Outcome) -> None:
        """Write the one record of this request, in the caller's transaction."""
        record.write(
            Event(
                action=self.action,
                outcome=outcome,
                by=self.by(),
                reason=self.reason,
                object=f"client:{self.client.client_id}" if self.client else "",
                details={key: value for key, value in self.details.items() if value},
            ),
            beside=self.rows if outcome == "allowed" else {},
        )

    def by(self) -> By:
        """Return who asks, as far as it is known by now."""
        user, client = self.user, self.client
        credential_kind, credential_id = self._recorded
        return By(
            principal_id=user.pk if user else None,
            principal_kind=user.kind if user else "",
            principal_name=user.user_name if user else "",
            client_id=client.client_id if client else "",
            client_name=client.name if client else "",
            credential_kind=credential_kind,
            credential_id=credential_id,
            scopes=self.scopes,
            address=self.address,
            request_id=self.request_id,
        )

    @property
    def _recorded(self) -> tuple[str, str]:
        """Return kind and id of what the request stands on, as every record names it."""
        if self.session is not None:
            return "session", str(self.session.pk)
        return ("pat", self.personal_access_token.pk) if self.personal_access_token else ("", "")


def at(request: HttpRequest) -> Attempt:
    """Return the attempt of a Django request that `Protocol.begin` was called for."""
    return request.attempt  # type: ignore[attr-defined]


def of(request: Request) -> Attempt:
    """Return the attempt that oauthlib's request belongs to."""
    return request.headers[KEY]


def certain(value: T | None) -> T:
    """Return what an earlier check of the same request has found. Its absence is a fault of ours, never the client's."""
    if value is None:
        raise RuntimeError("A step of the authorization server ran before the one that it builds on.")
    return value


def refusal(request: Request, error: type[OAuth2Error], description: str, *, reason: str) -> OAuth2Error:
    """Return the error to raise: `description` goes to the client, `reason` to the audit record, never the other way."""
    of(request).reason = reason
    return error(description=description, request=request)

"""RFC 6749 2.3, RFC 7523 2.2: who the client is, and that it is the one. One look-up, whatever kind of credential."""

import base64
import binascii
import time
import uuid
from typing import Final
from urllib.parse import unquote_plus

from django.db.models import Q
from django.utils import timezone
from oauthlib.common import Request

from accounts import secrets, uses
from accounts.compiled import Compiled, Parameter
from accounts.models import ServiceAccountKey, ServiceAccountSecret, User
from accounts.networks import NetworkPolicy
from accounts.scopes import Scope
from connections import client_documents, client_keys
from connections.document_fetch import Problem
from connections.models import AppIntegration, ClientSecret
from connections.oauth import assertion, attempt, errors
from connections.oauth.assertion import Assertion

_BASIC: Final = "basic "
_CLIENT: Final = Compiled(AppIntegration.objects.filter(client_id=Parameter("client_id")))
_CLIENT_SECRET: Final = Compiled(
    ClientSecret.objects.select_related("integration").filter(
        Q(expires_at=None) | Q(expires_at__gt=Parameter("now")), digest=Parameter("digest")
    )
)
_SERVICE_SECRET: Final = Compiled(
    ServiceAccountSecret.objects.select_related("service_account__client").filter(
        expires_at__gt=Parameter("now"), digest=Parameter("digest")
    )
)


def load(client_id: str | None, request: Request) -> AppIntegration | None:
    """Find the client without authenticating it. A disabled one is found too: the answer differs."""
    here = attempt.of(request)
    if here.client is None or here.client.client_id != client_id:
        here.client = _CLIENT.first(client_id=client_id) if client_id else None
    request.client = here.client
    return here.client


def arriving(client_id: str | None, request: Request) -> AppIntegration | None:
    """Find the client of an authorization request; one that has a metadata document comes in here."""
    here = attempt.of(request)
    if here.client is None and here.user is not None and client_documents.is_address(client_id or ""):
        try:
            here.client = client_documents.current(client_id or "", by=here.by())
        except Problem as problem:
            raise attempt.refusal(
                request, errors.UnusableRequest, problem.description, reason=problem.reason
            ) from problem
    return load(client_id, request)


def presents_secret(request: Request) -> bool:
    """Tell whether the request tries to authenticate its client."""
    return _basic_header(request) is not None or bool(request.client_secret) or bool(_assertion(request))


def authenticate(request: Request) -> bool:
    """Check the secret or the signature of a confidential client or of a service account (RFC 6749 2.3.1)."""
    if _assertion(request):
        return _authenticate_by_key(request)
    credentials = _credentials(request)
    if credentials is None:
        return False
    client_id, raw = credentials
    # RFC 6749 2.3: the client MUST NOT use more than one authentication method in each request.
    if _basic_header(request) is not None and (request.client_secret or request.client_id not in {None, client_id}):
        raise _two_ways(request)
    kind = secrets.prefix_of(raw)
    if kind is secrets.Prefix.SERVICE_ACCOUNT_SECRET:
        return _authenticate_service_account(client_id, raw, request)
    if kind is secrets.Prefix.CLIENT_SECRET:
        return _authenticate_integration(client_id, raw, request)
    return _refuse(client_id, request)


def admit(request: Request) -> None:
    """Refuse an address that the lists of the workspace or of the client refuse, and a disabled client."""
    check_address(request)
    if not request.client.enabled:
        # invalid_grant, not invalid_client: the latter makes assistants register again.
        raise attempt.refusal(
            request, errors.InvalidGrant, "An admin switched this app off. Ask them.", reason="client_disabled"
        )


def check_address(request: Request) -> None:
    """Refuse an address that the lists of the workspace, of the client or of an exchanged token refuse."""
    here = attempt.of(request)
    limited = [each for each in (request.client, here.personal_access_token) if each is not None]
    policies = [attempt.certain(here.workspace), *(NetworkPolicy.allowing(each.ip_allowlist) for each in limited)]
    if any(policy.refusal(here.address) for policy in policies):
        raise attempt.refusal(
            request,
            errors.AccessDenied,
            "A network access list does not allow this address. Ask an admin.",
            reason="address_refused",
        )


def _authenticate_integration(client_id: str, raw: str, request: Request) -> bool:
    secret = _CLIENT_SECRET.first(now=timezone.now(), digest=secrets.digest(raw))
    if secret is None or secret.integration.client_id != client_id:
        return _refuse(client_id, request)
    here = attempt.of(request)
    request.client = here.client = secret.integration
    uses.note("client_secret", str(secret.pk), here.address, time.time())
    return True


def _authenticate_service_account(client_id: str, raw: str, request: Request) -> bool:
    secret = _SERVICE_SECRET.first(now=timezone.now(), digest=secrets.digest(raw))
    if secret is None or str(secret.service_account.application_id) != client_id:
        return _refuse(client_id, request)
    account = secret.service_account
    here = attempt.of(request)
    request.client = here.client = _client_of(account)
    request.user = here.user = account
    here.secret = secret
    if not account.is_active:
        here.reason = "principal_disabled"
    return account.is_active


def _authenticate_by_key(request: Request) -> bool:
    """RFC 7523 3: a signature of a service account, or of a client whose public keys are known."""
    here = attempt.of(request)
    if _basic_header(request) is not None or request.client_secret:
        raise _two_ways(request)
    if here.is_signed:  # asked before in this request
        return True
    try:
        claimed = assertion.read(_assertion(request))
        # RFC 7521 4.2: client_id is unnecessary, but if it is there it MUST name the same client.
        kind = getattr(request, "client_assertion_type", None)
        if kind != assertion.TYPE or request.client_id not in {None, "", claimed.client_id}:
            raise assertion.Unacceptable("assertion_of_another_client")
        here.is_signed = _signed_by_account(claimed, request) or _signed_by_integration(claimed, request)
    except assertion.Unacceptable as problem:
        here.reason = str(problem)
    return here.is_signed


def _signed_by_account(claimed: Assertion, request: Request) -> bool:
    """Tell whether an active service account signed. One without keys may be no service account at all."""
    keys = _keys_of_account(claimed.client_id)
    if not keys:
        return False
    here = attempt.of(request)
    here.key = assertion.accept(claimed, keys, _audiences(request))
    account = here.key.service_account
    request.client = here.client = _client_of(account)
    request.user = here.user = account
    if not account.is_active:
        raise assertion.Unacceptable("principal_disabled")
    return True


def _signed_by_integration(claimed: Assertion, request: Request) -> bool:
    client = load(claimed.client_id, request)
    if client is None:
        raise assertion.Unacceptable("unknown_client")
    here = attempt.of(request)
    try:
        if client.registration_source == client.RegistrationSource.CIMD:
            client = request.client = here.client = client_documents.fresh(client, by=here.by())
        keys = client_keys.current(client)
    except Problem as problem:
        description = "The keys of this client cannot be fetched now. Try again in a moment."
        raise attempt.refusal(request, errors.TemporarilyUnavailable, description, reason=problem.reason) from problem
    here.details["key"] = assertion.accept(claimed, keys, _audiences(request)).thumbprint
    return True


def _keys_of_account(client_id: str) -> list[ServiceAccountKey]:
    try:
        application_id = uuid.UUID(client_id)
    except ValueError:
        return []
    return list(
        ServiceAccountKey.objects.select_related("service_account__client").filter(
            service_account__application_id=application_id, expires_at__gt=timezone.now()
        )
    )


def _assertion(request: Request) -> str:
    # oauthlib's request has no attribute for a parameter that it does not know and that was not sent.
    return getattr(request, "client_assertion", None) or ""


def _audiences(request: Request) -> frozenset[str]:
    """RFC 7523 3: the URL of the token endpoint MAY be used as the aud; so may the issuer, and where it was sent."""
    issuer = attempt.of(request).issuer
    return frozenset({issuer, f"{issuer}/oidc/v1/token", issuer + request.uri})


def _client_of(account: User) -> AppIntegration:
    """Return the client row of a service account, made at first use, so that accounts need not know of clients."""
    existing = getattr(account, "client", None)
    if existing is not None:
        return existing
    return AppIntegration.objects.get_or_create(
        service_account=account,
        defaults={
            "client_id": str(account.application_id),
            "name": account.display_name,
            "client_type": AppIntegration.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": AppIntegration.GRANT_CLIENT_CREDENTIALS,
            "scopes": [str(scope) for scope in Scope],  # the secret and the role bind, not the row
        },
    )[0]


def _two_ways(request: Request) -> Exception:
    return attempt.refusal(
        request, errors.InvalidRequest, "Use one way to authenticate the client.", reason="two_client_credentials"
    )


def _refuse(client_id: str, request: Request) -> bool:
    attempt.of(request).reason = "wrong_secret" if load(client_id, request) else "unknown_client"
    return False


def claimed_id(authorization: str) -> str | None:
    """Return the client id of an Authorization header, not yet authenticated."""
    header = _basic(authorization)
    credentials = _decoded(header) if header is not None else None
    return credentials[0] if credentials else None


def _credentials(request: Request) -> tuple[str, str] | None:
    """Return client id and secret from the Basic header or the body."""
    header = _basic_header(request)
    if header is None:
        return (request.client_id, request.client_secret) if request.client_id and request.client_secret else None
    return _decoded(header)


def _decoded(header: str) -> tuple[str, str] | None:
    """RFC 6749 2.3.1: both halves are form-encoded before they are joined."""
    try:
        client_id, separator, raw = base64.b64decode(header, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote_plus(client_id), unquote_plus(raw)) if separator else None


def _basic_header(request: Request) -> str | None:
    return _basic(request.headers.get("Authorization") or "")


def _basic(authorization: str) -> str | None:
    return authorization[len(_BASIC) :].strip() if authorization.lower().startswith(_BASIC) else None

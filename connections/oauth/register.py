"""RFC 7591 3, RFC 7592 2: the endpoints where a client registers, and where it reads, changes and deletes itself."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views import View

from accounts import network_lists, secrets
from accounts.addresses import address_of
from accounts.models import Account, NetworkAccessList
from audit import record
from audit.event import By, Event
from connections import client_metadata, limits, origin, policy, registrations
from connections.client_metadata import Refused
from connections.models import AppIntegration
from connections.oauth.endpoint import MAX_BODY, allow_every_origin, error
from connections.policy import Registration

HOUR: Final = timedelta(hours=1)
FROM_ONE_ADDRESS: Final = 10  # an hour
IN_ALL: Final = 100  # an hour
_REGISTER: Final = "client.register"  # in the audit record
_UNAVAILABLE: Final = "temporarily_unavailable"


class _Endpoint(View):
    """JSON in, JSON out, readable from pages of every origin."""

    methods = "POST"

    def dispatch(
        self, request: HttpRequest, *args: Any, account_id: uuid.UUID | None = None, **kwargs: Any
    ) -> HttpResponseBase:
        """Answer refusals in the form of RFC 7591 3.2.2."""
        try:
            if account_id is not None and account_id != Account.load().account_id:
                return error("invalid_request", "There is no such account here.", HTTPStatus.NOT_FOUND)
            response = super().dispatch(request, *args, **kwargs)
        except Refused as refusal:
            response = error(refusal.error, refusal.description, HTTPStatus.BAD_REQUEST)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return allow_every_origin(response, self.methods)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say which methods there are."""
        response = error("invalid_request", f"Use {self.methods}.", HTTPStatus.METHOD_NOT_ALLOWED)
        response.headers["Allow"] = f"{self.methods}, OPTIONS"
        return response

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a CORS preflight."""
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


class RegisterView(_Endpoint):
    """RFC 7591 3: a client registers itself, while the workspace allows it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer 201 with the client's id, and with what was kept of its metadata."""
        mode = policy.load().client_registration
        if mode is Registration.OFF:
            return error("not_found", "Clients cannot register here. Ask an admin for a client ID.", 404)
        by = _by(request)
        if refusal := _address_refusal(by) or _limit_reached(by):
            return refusal
        try:
            wanted = client_metadata.read(_metadata(request))
        except Refused as refused:
            _write_refusal(by, refused.error, refused.description)
            raise
        needs_approval = mode is Registration.APPROVAL
        client, secret, token = registrations.register(wanted, needs_approval=needs_approval, by=by)
        return JsonResponse(_information(client, token, secret, request), status=HTTPStatus.CREATED)


class ManageView(_Endpoint):
    """RFC 7592 2: one client, for the holder of its registration token."""

    methods = "GET, PUT, DELETE"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Hear the addresses only that the workspace lets in."""
        refusal = None if request.method == "OPTIONS" else _address_refusal(_by(request), "client.manage")
        return (
            super().dispatch(request, *args, **kwargs) if refusal is None else allow_every_origin(refusal, self.methods)
        )

    def get(self, request: HttpRequest, client_id: str) -> HttpResponse:
        """RFC 7592 2.1: what is registered."""
        client, token = _authenticated(request, client_id)
        return _unknown() if client is None else JsonResponse(_information(client, token, None, request))

    def put(self, request: HttpRequest, client_id: str) -> HttpResponse:
        """RFC 7592 2.2: other metadata in place of all that is registered."""
        client, token = _authenticated(request, client_id)
        if client is None:
            return _unknown()
        mode = policy.load().client_registration
        if mode is Registration.OFF:
            return error("access_denied", "Clients cannot change themselves now. Ask an admin.", HTTPStatus.FORBIDDEN)
        metadata = _metadata(request)
        _check_identity(metadata, client)
        changed, secret = registrations.replace(
            client, client_metadata.read(metadata), needs_approval=mode is Registration.APPROVAL, by=_by(request)
        )
        return JsonResponse(_information(changed, token, secret, request))

    def delete(self, request: HttpRequest, client_id: str) -> HttpResponse:
        """RFC 7592 2.3: the client goes, and its tokens with it."""
        client, _ = _authenticated(request, client_id)
        if client is None:
            return _unknown()
        registrations.delete(client, by=_by(request))
        return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _information(client: AppIntegration, token: str, secret: str | None, request: HttpRequest) -> dict[str, Any]:
    """RFC 7591 3.2.1, RFC 7592 3: the client information response."""
    return {
        "client_id": client.client_id,
        "client_id_issued_at": int(client.created.timestamp()),
        # 0: the secret does not expire.
        **({"client_secret": secret, "client_secret_expires_at": 0} if secret else {}),
        **registrations.describe(client),
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "registration_access_token": token,
        "registration_client_uri": f"{origin.of(request)}/oidc/v1/register/{client.client_id}",
    }


def _metadata(request: HttpRequest) -> Mapping[str, Any]:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise Refused("invalid_client_metadata", f"The body is larger than {MAX_BODY} bytes.")
    if request.content_type != "application/json":
        raise Refused("invalid_client_metadata", "Send the metadata as application/json.")
    try:
        metadata = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        metadata = None
    if not isinstance(metadata, dict):
        raise Refused("invalid_client_metadata", "Send one JSON object.")
    return metadata


def _check_identity(metadata: Mapping[str, Any], client: AppIntegration) -> None:
    """RFC 7592 2.2: client_id is required and is its own; a secret that is sent must be its own too."""
    if metadata.get("client_id") != client.client_id:
        raise Refused("invalid_client_metadata", "client_id must be the one that was issued.")
    secret = metadata.get("client_secret")
    if secret is None:
        return
    stored = client.secrets.values_list("digest", flat=True)
    if not isinstance(secret, str) or not any(secrets.matches(secret, digest) for digest in stored):
        raise Refused("invalid_client_metadata", "client_secret is not the one that was issued.")


def _authenticated(request: HttpRequest, client_id: str) -> tuple[AppIntegration | None, str]:
    scheme, _, raw = request.headers.get("Authorization", "").strip().partition(" ")
    token = raw.strip()
    return (registrations.holder_of(client_id, token) if scheme.lower() == "bearer" else None), token


def _unknown() -> HttpResponse:
    """RFC 7592 2.1: one answer for a wrong token and for a client that does not exist."""
    response = error("invalid_token", "Send the registration_access_token of this client.", HTTPStatus.UNAUTHORIZED)
    response.headers["WWW-Authenticate"] = 'Bearer realm="gatepost", error="invalid_token"'
    return response


def _limit_reached(by: By) -> HttpResponse | None:
    """oauth.md 8. Each attempt counts, because a failed one costs as much."""
    try:
        limits.count(f"register:{limits.place(by.address)}", most=FROM_ONE_ADDRESS, window=HOUR)
        limits.count("register", most=IN_ALL, window=HOUR)
    except limits.TooMany as reached:
        if reached.is_first:  # the others would only fill the log
            _write_refusal(by, "too_many_registrations", str(reached))
        return _too_many(str(reached), reached.retry_after)
    if registrations.is_full():
        _write_refusal(by, "too_many_clients_wait", "")
        return _too_many("Too many clients wait for their first use. Try again later.", int(HOUR.total_seconds()))
    return None


def _too_many(description: str, seconds: int) -> HttpResponse:
    response = error(_UNAVAILABLE, description, HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(seconds)
    return response


def _address_refusal(by: By, action: str = _REGISTER) -> HttpResponse | None:
    refusal = network_lists.policy(NetworkAccessList.Surface.WORKSPACE).refusal(by.address)
    if refusal is None:
        return None
    _write_refusal(by, "address_refused", refusal, action)
    description = "A network access list does not allow this address. Ask an admin."
    return error("access_denied", description, HTTPStatus.FORBIDDEN)


def _write_refusal(by: By, reason: str, detail: str, action: str = _REGISTER) -> None:
    with transaction.atomic():
        details = {"detail": detail} if detail else {}
        record.write(Event(action=action, outcome="denied", by=by, reason=reason, details=details))


def _by(request: HttpRequest) -> By:
    return By(address=address_of(request), request_id=getattr(request, "request_id", ""))

"""The error bodies of the API. One table from refusals to statuses, one renderer, also for what nobody foresaw."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import address_of
from accounts.api.attribution import by_of
from accounts.errors import AlreadyExists, Invalid, NotAllowed, NotFound, Refused
from audit import record
from audit.event import NOBODY, By, Event
from audit.record import AuditUnavailable

logger = logging.getLogger(__name__)

_REFUSED: tuple[tuple[type[Refused], int], ...] = (
    (NotFound, 404),
    (AlreadyExists, 409),
    (NotAllowed, 403),
    (Refused, 400),
)
_CODES: tuple[tuple[type[exceptions.APIException], str], ...] = (
    (exceptions.ParseError, "MALFORMED_REQUEST"),
    (exceptions.ValidationError, "INVALID_PARAMETER_VALUE"),
    (exceptions.NotAuthenticated, "UNAUTHENTICATED"),
    (exceptions.AuthenticationFailed, "UNAUTHENTICATED"),
    (exceptions.PermissionDenied, "PERMISSION_DENIED"),
    (exceptions.NotFound, "RESOURCE_DOES_NOT_EXIST"),
    (exceptions.MethodNotAllowed, "ENDPOINT_NOT_FOUND"),
    (exceptions.UnsupportedMediaType, "MALFORMED_REQUEST"),
    (exceptions.Throttled, "RESOURCE_EXHAUSTED"),
    (exceptions.APIException, "BAD_REQUEST"),
)
_DJANGO: tuple[tuple[type[Exception], int, str, str], ...] = (
    (Http404, 404, "RESOURCE_DOES_NOT_EXIST", "There is no such thing, or you may not see it."),
    (ObjectDoesNotExist, 404, "RESOURCE_DOES_NOT_EXIST", "It was deleted a moment ago."),
    (PermissionDenied, 403, "PERMISSION_DENIED", "You may not do this."),
    (RequestDataTooBig, 413, "MALFORMED_REQUEST", "The body is too large. Send at most 1 MiB."),
    (SuspiciousOperation, 400, "BAD_REQUEST", "The request is not well formed."),
    (
        OperationalError,
        503,
        "TEMPORARILY_UNAVAILABLE",
        "The control database cannot be reached. Try again in a moment.",
    ),
    (AuditUnavailable, 503, "TEMPORARILY_UNAVAILABLE", "The audit record cannot be written. Try again in a moment."),
    (InterfaceError, 503, "TEMPORARILY_UNAVAILABLE", "The control database cannot be reached. Try again in a moment."),
)


class InsufficientScope(exceptions.PermissionDenied):
    """RFC 6750 3.1 insufficient_scope: a token with that scope could do it."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}. Make a token that has it.")
        self.headers = {"WWW-Authenticate": f'Bearer realm="gatepost", error="insufficient_scope", scope="{scope}"'}


class BeyondOwnScopes(InsufficientScope):
    """What is minted may not exceed the scopes of the caller."""

    def __init__(self, missing: frozenset[str]) -> None:
        super().__init__(" ".join(sorted(missing)))
        self.detail = exceptions.ErrorDetail(
            f"You cannot give a scope that your own credential lacks: {', '.join(sorted(missing))}. "
            "Ask for less, or use a token that has it.",
            code="permission_denied",
        )


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Turn any exception of a view into the error body of rest-api.md 3.1 (DRF's EXCEPTION_HANDLER)."""
    status, code, message, violations = explain(exc)
    request_id = getattr(context["request"], "request_id", "")
    if status in (401, 403):
        record_refusal(context["request"], exc, code)
    if status == 500:
        logger.error("API request %s failed", request_id, exc_info=exc)
    return Response(body(code, message, request_id, violations), status=status, headers=headers_of(exc, status))


def record_refusal(request: Request, exc: Exception, code: str) -> None:
    """Leave one audit record of a refusal. By now every transaction of the view has ended."""
    # Read past the property, which would authenticate once more.
    if vars(request).get("_auth") is not None:
        by = by_of(request)
    else:
        named: By = getattr(exc, "by", NOBODY)
        by = replace(named, address=address_of(request._request), request_id=getattr(request, "request_id", ""))
    reason = getattr(exc, "reason", "") or code.lower()
    event = Event(action=f"api.{request.method}", outcome="denied", by=by, reason=reason, object=request.path)
    with transaction.atomic():
        record.write(event)


def explain(exc: Exception) -> tuple[int, str, str, list[dict[str, str]]]:
    """Return HTTP status, error code, message and field violations of an exception."""
    if isinstance(exc, Refused):
        status = next(status for kind, status in _REFUSED if isinstance(exc, kind))
        return status, exc.code, str(exc), violations_of(exc.errors) if isinstance(exc, Invalid) else []
    if isinstance(exc, exceptions.ValidationError):
        violations = violations_of(exc.detail)
        message = "; ".join(": ".join(filter(None, (v["field"], v["description"]))) for v in violations)
        return 400, "INVALID_PARAMETER_VALUE", message, violations
    if isinstance(exc, exceptions.APIException):
        code = next(code for kind, code in _CODES if isinstance(exc, kind))
        return exc.status_code, code, str(exc.detail), []
    if hasattr(exc, "error_code") and hasattr(exc, "status_code"):  # the errors of connections and audit
        return exc.status_code, exc.error_code, str(exc), []
    for kind, status, code, message in _DJANGO:
        if isinstance(exc, kind):
            return status, code, message, []
    return 500, "INTERNAL_ERROR", "Gatepost failed to do this. The cause is in its log, under the request id.", []


def headers_of(exc: Exception, status: int) -> dict[str, str]:
    """Return the headers that belong to an error: the challenge, and when to come back."""
    headers: dict[str, str] = dict(getattr(exc, "headers", {}))
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers.setdefault("WWW-Authenticate", getattr(exc, "auth_header", 'Bearer realm="gatepost"'))
    if isinstance(exc, exceptions.Throttled):
        headers["Retry-After"] = str(int(getattr(exc, "wait", None) or 1))
    if status == 503:
        headers.setdefault("Retry-After", "1")
    return headers


def body(code: str, message: str, request_id: str, violations: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return the error body. Never a top-level key named `error`: the SDK would show that and not the message."""
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": request_id},
    ]
    if violations:
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "field_violations": violations})
    return {"error_code": code, "message": message, "details": details}


def violations_of(errors: Any) -> list[dict[str, str]]:
    """Flatten field errors: {"policy": {"ttl": ["too short"]}} becomes field `policy.ttl`."""
    return [{"field": field, "description": text} for field, text in _flat(errors, "")]


def _flat(errors: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            if isinstance(name, int):
                yield from _flat(inner, f"{path}[{name}]")
            else:
                yield from _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    elif isinstance(errors, list | tuple):
        for inner in errors:
            yield from _flat(inner, path)
    else:
        yield path, str(errors)

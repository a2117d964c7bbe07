"""RFC 7644 3.12: error bodies. scimType is always there, or the SDK shows the word None instead."""

import logging
from collections.abc import Mapping
from typing import Any

from rest_framework.response import Response

from accounts.activation import LastAdmin
from accounts.api.errors import explain, headers_of, record_refusal
from accounts.errors import AlreadyExists

SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"

logger = logging.getLogger(__name__)

_TYPES = {400: "invalidValue", 401: "unauthenticated", 403: "forbidden", 404: "notFound", 409: "uniqueness"}


class ScimRefused(Exception):
    """A refusal with a word of RFC 7644 table 9."""

    def __init__(self, scim_type: str, detail: str) -> None:
        self.scim_type = scim_type
        super().__init__(detail)


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Turn any exception of a SCIM view into the error body."""
    if isinstance(exc, ScimRefused):
        return _answer(400, exc.scim_type, str(exc), {})
    status, code, detail, _ = explain(exc)
    if status in (401, 403):
        record_refusal(context["request"], exc, code)
    if status == 500:
        logger.error("SCIM request %s failed", getattr(context["request"], "request_id", ""), exc_info=exc)
    return _answer(status, _type_of(exc, status), detail, headers_of(exc, status))


def _type_of(exc: Exception, status: int) -> str:
    if isinstance(exc, LastAdmin):
        return "mutability"
    if isinstance(exc, AlreadyExists):
        return "uniqueness"
    return _TYPES.get(status, "failed")


def _answer(status: int, scim_type: str, detail: str, headers: dict[str, str]) -> Response:
    body = {"schemas": [SCHEMA], "status": str(status), "detail": detail, "scimType": scim_type}
    return Response(body, status=status, headers=headers)

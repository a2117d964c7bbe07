"""Idempotency-Key: a creation that is sent again after a lost answer makes no second object. rest-api.md 3.2."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.attribution import holder_of
from accounts.errors import AlreadyExists, Invalid
from accounts.models import IdempotentAnswer
from accounts.tasks import ANSWERS_KEPT

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_SECRETS: Final = frozenset({"token_value", "secret", "client_secret", "password", "url"})

Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """Let a view's `post` answer a repetition with the same ids. Creation and stored answer are one transaction."""

    @wraps(handler)
    def post(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise Invalid({HEADER: ["Send 1 to 255 printable ASCII characters without blanks."]})
        with transaction.atomic():
            return _once(key, lambda: handler(view, request, *args, **kwargs), request)

    post.is_idempotent = True  # type: ignore[attr-defined]
    return post


def _once(key: str, create: Callable[[], Response], request: Request) -> Response:
    """Answer from what is stored, or create. A repetition that comes at the same time waits for the first."""
    digest = _digest(str(holder_of(request).principal.id), str(request.method), request.path, key)
    # Keyed, because a body may hold a password.
    body = salted_hmac("gatepost.idempotency", request._request.body, algorithm="sha256").digest()
    IdempotentAnswer.objects.filter(pk=digest, created_at__lt=timezone.now() - ANSWERS_KEPT).delete()
    stored, is_new = IdempotentAnswer.objects.get_or_create(
        pk=digest, defaults={"body": body, "status": 0, "answer": {}}
    )
    if not is_new:
        if bytes(stored.body) != body:
            raise AlreadyExists(f"This {HEADER} came with another body before. Use a new key for a new object.")
        return Response(stored.answer, status=stored.status)
    response = create()
    stored.status, stored.answer = response.status_code, _without_secrets(response.data)
    stored.save(update_fields=["status", "answer"])
    return response


def _without_secrets(data: Any) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in _SECRETS}


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()

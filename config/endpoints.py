"""The endpoints that machines post forms to: no session, cookie or page is involved, so what serves those is passed by."""

from collections.abc import Callable
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

PREFIX: Final = "/oidc/v1/"
NAMES: Final = frozenset({"token", "introspect", "revoke", "device_authorization"})

Answer = Callable[[HttpRequest], HttpResponse]


class Endpoints:
    """Middleware that goes straight to the view. What stands before it applies to every request."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        path = request.path_info
        is_endpoint = path.startswith(PREFIX) and path[len(PREFIX) :] in NAMES
        return _view(path)(request) if is_endpoint else self.answer(request)


@cache
def _view(path: str) -> Answer:
    return resolve(path).func

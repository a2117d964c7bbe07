"""Django's handler500: a failure in the form of whoever asked, and 503 (RFC 9110 15.6.4) while the database is away."""

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from accounts.api import fallback
from accounts.middleware import is_page
from connections.errors import TemporarilyUnavailable
from connections.oauth import endpoint

_AWAY: Final = (OperationalError, InterfaceError, TemporarilyUnavailable)
_RETRY_AFTER: Final = "1"  # seconds


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for the exception that is being handled. Its text stays in the log."""
    is_away = isinstance(sys.exc_info()[1], _AWAY)
    if is_page(request.path_info):
        response = _page(request, is_away=is_away)
    elif request.path_info.startswith("/api/"):
        response = fallback.server_error(request, is_away=is_away)
    else:
        response = endpoint.server_error(is_away=is_away)
    if is_away:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _page(request: HttpRequest, *, is_away: bool) -> HttpResponse:
    if not is_away:
        return defaults.server_error(request)
    # Without the request: the context processors would ask the database who is signed in.
    return HttpResponse(loader.get_template("503.html").render(), status=503)

"""JSON for what no view of the API answers: clients scrape an HTML error page for its text."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from accounts.api.errors import body


@csrf_exempt
def endpoint_not_found(request: HttpRequest) -> HttpResponse:
    """Answer every unknown path under /api/, whatever the method."""
    return _answer(request, 404, "ENDPOINT_NOT_FOUND", f"There is no endpoint {request.path!r}.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: JSON for the API, a page for people."""
    if request.path_info.startswith("/api/"):
        if isinstance(exception, DisallowedHost):  # RFC 9110 15.5.20
            return _answer(request, 421, "BAD_REQUEST", "This Host is not served here. Check GATEPOST_PUBLIC_URL.")
        return _answer(request, 400, "BAD_REQUEST", "The request is not well formed.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest, *, is_away: bool) -> HttpResponse:
    """Answer for a failure outside of every view, or while the control database `is_away`."""
    if is_away:
        message = "The control database cannot be reached. Try again in a moment."
        return _answer(request, 503, "TEMPORARILY_UNAVAILABLE", message)
    return _answer(request, 500, "INTERNAL_ERROR", "Gatepost failed to do this. The cause is in its log.")


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    return JsonResponse(body(code, message, getattr(request, "request_id", "")), status=status)

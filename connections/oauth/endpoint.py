"""RFC 6749 3.2, 5: what the endpoints that clients call have in common: form in, JSON out, one audit record each."""

import json
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views import View
from oauth2_provider.views.mixins import OAuthLibMixin

from accounts.addresses import address_of
from accounts.models import Account
from connections import origin
from connections.oauth import attempt as attempts
from connections.oauth import throttle
from connections.oauth.attempt import Attempt
from connections.oauth.server import Core, Server
from connections.oauth.validator import Validator
from connections.resources import IsResource

MAX_BODY: Final = 65_536  # bytes
_FORM: Final = "application/x-www-form-urlencoded"
_SECONDS: Final = 5  # until a client should try again what could not be reached
_MEANINGS: Final = {
    "invalid_client": "Client authentication failed. Check the client id, and its secret or key.",
    "invalid_grant": "The code or refresh token is not valid, has ended, or belongs to another client. Connect again.",
    "invalid_request": "A parameter is missing or malformed.",
    "unauthorized_client": "This client may not use this grant type.",
    "unsupported_grant_type": "Send a grant_type that the metadata of this server lists.",
}
_REPEATABLE: Final = frozenset({"resource"})  # RFC 8707 2

Answer = tuple[str, int]  # body and status; the headers that oauthlib proposes are replaced by ours


def no_resource(_path: str) -> bool:
    """Know no resource: what holds until the routes are given the function that does."""
    return False


class Protocol(OAuthLibMixin, View):
    """A view on our server. Routes give it the function that knows the MCP URLs of the deployment."""

    server_class = Server
    validator_class = Validator
    oauthlib_backend_class = Core
    action: ClassVar[str]
    is_resource: IsResource = staticmethod(no_resource)

    def begin(self, request: HttpRequest) -> Attempt:
        """Start the attempt that the checks and the audit record of this request share."""
        attempt = Attempt(
            action=self.action,
            address=address_of(request),
            request_id=getattr(request, "request_id", ""),
            issuer=origin.of(request),
            origins=origin.accepted(origin.listening_port(request)),
            is_resource=self.is_resource,
        )
        request.attempt = attempt  # type: ignore[attr-defined]
        return attempt

    def dispatch(
        self, request: HttpRequest, *args: Any, account_id: uuid.UUID | None = None, **kwargs: Any
    ) -> HttpResponseBase:
        """Take account_id out of the path: another account does not exist here."""
        if account_id is not None and account_id != Account.load().account_id:
            return error("invalid_request", "There is no such account here.", HTTPStatus.NOT_FOUND)
        return super().dispatch(request, *args, **kwargs)


class Endpoint(Protocol):
    """An endpoint that a client posts a form to."""

    http_method_names = ["post", "options"]
    is_budgeted: ClassVar[bool] = False  # successes count too

    def stores_at_once(self, request: HttpRequest) -> bool:
        """Tell whether nothing is locked or changed before the one statement that stores the outcome."""
        return False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Add to every answer what browsers and caches must know."""
        response = super().dispatch(request, *args, **kwargs)
        # RFC 6749 5.1: answers with tokens MUST NOT be stored.
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return allow_every_origin(response, "POST")

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """RFC 6749 3.2: the client MUST use POST."""
        response = error("invalid_request", "Use POST.", HTTPStatus.METHOD_NOT_ALLOWED)
        response.headers["Allow"] = "POST, OPTIONS"
        return response

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a CORS preflight."""
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def answered(self, request: HttpRequest, respond: Callable[[HttpRequest], Answer]) -> HttpResponse:
        """Check the form, let the server respond, and write the one record. A refusal commits what it revoked."""
        attempt = self.begin(request)
        problem = _form_problem(request)
        if problem is None and (seconds := throttle.wait(request, and_successes=self.is_budgeted)):
            return slow_down(seconds)
        try:
            with transaction.atomic() if problem or not self.stores_at_once(request) else nullcontext():
                body, status = problem or _explained(*respond(request))
                if attempt.is_recorded:
                    _conclude(request, body, status, is_failure=problem is None)
        except IntegrityError:
            body, status = _gone(attempt)
        if status == HTTPStatus.OK and self.is_budgeted:
            throttle.count_success(request)
        response = HttpResponse(body, status=status, content_type="application/json")
        if status == HTTPStatus.UNAUTHORIZED:
            # RFC 6749 5.2: the scheme that the client used, or may use.
            response.headers["WWW-Authenticate"] = 'Basic realm="gatepost"'
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            response.headers["Retry-After"] = str(_SECONDS)
        return response


def _explained(body: str, status: int) -> Answer:
    """Say what a code means where oauthlib says nothing: SDKs show the description to people, and fail without one."""
    if status == HTTPStatus.OK:
        return body, status
    told = json.loads(body)
    return json.dumps({"error_description": _MEANINGS.get(told["error"], told["error"]), **told}), status


def _conclude(request: HttpRequest, body: str, status: int, *, is_failure: bool) -> None:
    """Record what was decided, and count a refusal."""
    attempt = attempts.at(request)
    if status == HTTPStatus.OK:
        attempt.write("allowed")
        return
    attempt.reason = attempt.reason or json.loads(body)["error"]
    with transaction.atomic(savepoint=False):
        if is_failure:
            throttle.count_failure(request)
        attempt.write("denied")


def _gone(attempt: Attempt) -> Answer:
    """What the token would stand on was deleted after it was read: nothing of this request is left but the refusal."""
    attempt.reason = "deleted_meanwhile"
    with transaction.atomic():
        attempt.write("denied")
    description = "The client, the person or the credential was deleted meanwhile."
    if attempt.personal_access_token:
        error, status = "invalid_request", 400  # RFC 8693 2.2.2
    else:
        error, status = ("invalid_grant", 400) if attempt.session else ("invalid_client", 401)
    return json.dumps({"error": error, "error_description": description}), status


def error(code: str, description: str, status: int) -> JsonResponse:
    """Answer as RFC 6749 5.2 says."""
    return JsonResponse({"error": code, "error_description": description}, status=status)


def server_error(*, is_away: bool) -> HttpResponse:
    """Answer for a failure of ours (RFC 6749 4.1.2.1 has the words), or while the control database `is_away`."""
    if is_away:
        description = "The control database cannot be reached. Try again in a moment."
        response = error("temporarily_unavailable", description, HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        description = "Gatepost failed to do this. The cause is in its log."
        response = error("server_error", description, HTTPStatus.INTERNAL_SERVER_ERROR)
    response.headers["Cache-Control"] = "no-store"
    allow_every_origin(response, "GET, POST, PUT, DELETE")
    return response


def slow_down(seconds: int) -> JsonResponse:
    """RFC 6585 4. Not recorded: each request that led here was."""
    response = error("slow_down", f"Too many requests. Wait {seconds} s.", HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(seconds)
    return response


def allow_every_origin(response: HttpResponseBase, methods: str) -> HttpResponseBase:
    """CORS without credentials: pages of any origin may read this, and no cookie is involved."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = methods
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, MCP-Protocol-Version"
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, Retry-After"
    return response


def _form_problem(request: HttpRequest) -> Answer | None:
    """Say what is wrong with the form before anything in it is looked at."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return malformed(f"The body is larger than {MAX_BODY} bytes.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if request.content_type != _FORM:
        return malformed(f"Send the parameters as {_FORM}.")
    if "access_token" in request.GET:
        # OAuth 2.1 5.1.1: no tokens in the URL.
        return malformed("Never send a token in the URL.")
    repeated = repeated_parameters(request.POST.lists())
    if repeated:
        # RFC 6749 3.2: parameters MUST NOT be included more than once.
        return malformed(f"Send {repeated[0]} once.")
    if any("\x00" in value for _, values in request.POST.lists() for value in values):
        return malformed("A parameter holds a null character.")
    return None


def repeated_parameters(parameters: Any) -> list[str]:
    """Return the names that occur more than once and may not."""
    return [name[:50] for name, values in parameters if len(values) > 1 and name not in _REPEATABLE]


def malformed(description: str, status: int = HTTPStatus.BAD_REQUEST) -> Answer:
    """RFC 6749 5.2 invalid_request."""
    return json.dumps({"error": "invalid_request", "error_description": description}), status

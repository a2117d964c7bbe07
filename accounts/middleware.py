"""Request ids, and who may open the console."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts import network_lists, second_factor, sign_ins
from accounts.addresses import address_of
from accounts.models import NetworkAccessList, User

Answer = Callable[[HttpRequest], HttpResponse]

_NO_PAGES = ("/api/", "/oidc/", "/.well-known/", "/healthz", "/readyz", "/static/")
_WITHOUT_SECOND_FACTOR = ("account_", "mfa_", "console-first-run", "console-password-link", "console-theme")
AFTERWARDS: Final = "after_second_factor"  # in the session: where the person wanted to go


class RequestId:
    """Give each request an id of ours, and send it back on every answer. Stands first."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with X-Request-Id."""
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        response = self.answer(request)
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class NetworkAccess:
    """Guard every page with the account's network lists. API, token endpoint and MCP are guarded with their tokens."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with 403 when the address may not come in."""
        if is_page(request.path_info):
            refusal = network_lists.policy(NetworkAccessList.Surface.ACCOUNT).refusal(address_of(request))
            if refusal:
                sign_ins.refused_page(request)
                return render(request, "refused.html", {"reason": refusal}, status=403)
        return self.answer(request)


class SecondFactor:
    """Lead a person who needs a second factor and has none to where it is set up, and keep every other page shut."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.answer(request)

    def process_view(
        self, request: HttpRequest, view: object, arguments: Sequence[Any], named: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Redirect, and remember where to go afterwards."""
        if not _needs_second_factor(request) or not isinstance(request.user, User):
            return None
        if not second_factor.is_missing(request, request.user):
            request.session.pop(AFTERWARDS, None)
            return None
        request.session[AFTERWARDS] = request.get_full_path() if request.method == "GET" else "/"
        return redirect("mfa_index")


def is_page(path: str) -> bool:
    """Tell whether people see it in a browser; the consent page is one, whatever stands around it."""
    return not path.startswith(_NO_PAGES) or path.endswith("/v1/authorize")


def _needs_second_factor(request: HttpRequest) -> bool:
    """Tell whether a page may be shut: those where the factor is set up, and the ways in and out, are not."""
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    return is_page(request.path_info) and not name.startswith(_WITHOUT_SECOND_FACTOR)

"""Request ids, and who may open the console."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import network_lists, sign_ins
from accounts.addresses import address_of
from accounts.models import NetworkAccessList

Answer = Callable[[HttpRequest], HttpResponse]

_NO_PAGES = ("/api/", "/oidc/", "/.well-known/", "/healthz", "/readyz", "/static/")


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


def is_page(path: str) -> bool:
    """Tell whether people see it in a browser; the consent page is one, whatever stands around it."""
    return not path.startswith(_NO_PAGES) or path.endswith("/v1/authorize")

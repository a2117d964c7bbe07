"""RFC 8628 3.3: the person types the code that the device shows, and is asked as for every other app.

The code is never taken from a link: whoever sends one would get what the person allows (RFC 8628 5.4).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts import scopes as known_scopes
from accounts.models import User
from accounts.reauthentication import recently_authenticated
from connections import consents, limits, narrowing, sessions
from connections.consents import Question
from connections.limits import TooMany
from connections.models import DeviceGrant, Session
from connections.narrowing import Narrowed
from connections.oauth import attempt, device, page, pending
from connections.oauth.authorize import PreviewTools, no_tools
from connections.oauth.endpoint import Protocol
from connections.oauth.pending import Asked

_WINDOW = timedelta(minutes=10)
_WRONG = "No device waits for this code. Check it against the device, or begin again there: a code lives ten minutes."
_OVER = "This page was answered already, or is older than ten minutes. Begin again on the device."
_NOT_VISIBLE = "The device asks for something that you may not use. Ask an admin for the catalog."


class DeviceView(Protocol):
    """The page for the code, and the person's answer."""

    action = "oauth.device_approval"
    http_method_names = ["get", "post"]
    preview_tools: PreviewTools = staticmethod(no_tools)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for the code."""
        return self._signed_in(request, _form)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Take the code, or the answer to the consent page."""
        return self._signed_in(request, self._decided if "handle" in request.POST else self._typed)

    def _signed_in(self, request: HttpRequest, respond: Callable[[HttpRequest], HttpResponseBase]) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(device.PATH)
        self.begin(request).user = _person(request)
        response = respond(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _typed(self, request: HttpRequest) -> HttpResponseBase:
        try:
            _count(request)
        except TooMany as refusal:
            if refusal.is_first:
                _refuse(request, "too_many_codes")
            response = _form(request, f"{refusal} Nothing was allowed.", 429)
            response.headers["Retry-After"] = str(refusal.retry_after)
            return response
        grant = device.typed(request.POST.get("user_code", ""))
        if grant is None:
            _refuse(request, "unknown_user_code")
            return _form(request, _WRONG, 400)
        asked, question = _asked(request, grant)
        if not narrowing.may_use(question.user, asked.resource):
            _refuse(request, "resource_not_visible")
            return _form(request, _NOT_VISIBLE, 400)
        show = recently_authenticated(self._shown) if consents.is_powerful(question) else self._shown
        return show(request, asked, question)

    def _shown(self, request: HttpRequest, asked: Asked, question: Question, problem: str = "") -> HttpResponseBase:
        tools = self.preview_tools(page.hypothetical_grant(question))
        handle = pending.keep(asked, question.user, request)
        return page.show(request, asked, question, handle=handle, tools=tools, problem=problem)

    @transaction.atomic
    def _decided(self, request: HttpRequest) -> HttpResponseBase:
        asked = pending.take(request.POST["handle"], _person(request), request)
        waiting = device.waiting().select_related("integration").select_for_update(of=("self",))
        grant = waiting.filter(pk=asked.device).first() if asked else None
        if grant is None:
            _refuse(request, "request_over")
            return _form(request, _OVER, 400)
        asked, question = _asked(request, grant)
        narrowed = page.answer(request, asked, question)
        if narrowed is not None and narrowed.catalogs == ():
            return self._shown(request, asked, question, problem="Choose at least one catalog.")
        reason = _problem(question, narrowed)
        if narrowed is None or reason:
            grant.status = DeviceGrant.DENIED
            _refuse(request, reason)
        else:
            grant.status, grant.session = DeviceGrant.AUTHORIZED, _begin(request, question, narrowed)
        grant.save(update_fields=["status", "session"])
        context = {"allowed": not reason, "reason": reason, "integration": grant.integration}
        return render(request, "connections/device_done.html", context)


def _form(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponseBase:
    return render(request, "connections/device.html", {"problem": problem}, status=status)


def _count(request: HttpRequest) -> None:
    """RFC 8628 5.1: so few tries that guessing is hopeless."""
    most = settings.GATEPOST_DEVICE_CODE_ENTRIES
    limits.count(f"device code:person:{_person(request).pk}", most=most, window=_WINDOW)
    place = limits.place(attempt.at(request).address)
    limits.count(f"device code:address:{place}", most=most, window=_WINDOW)


def _asked(request: HttpRequest, grant: DeviceGrant) -> tuple[Asked, Question]:
    attempt.at(request).client = grant.integration
    asked = Asked(
        client_id=grant.integration.client_id,
        scopes=tuple(grant.scope.split()),
        resource=grant.audience,
        redirect_uri=pending.DEVICE,
        state=None,
        code_challenge="",
        read_only=False,
        catalog="",
        device=grant.pk,
    )
    return asked, Question(_person(request), grant.integration, asked.scopes, asked.resource, asked.redirect_uri)


def _problem(question: Question, narrowed: Narrowed | None) -> str:
    if narrowed is None:
        return "declined"
    needed, held = question.integration.user_authorized_scopes, frozenset(narrowed.scopes)
    return "" if all(known_scopes.covers(held, name) for name in needed) else "not_all_allowed"


def _begin(request: HttpRequest, question: Question, narrowed: Narrowed) -> Session:
    here = attempt.at(request)
    here.session = session = sessions.begin(consents.allow(question, narrowed), question.user)
    here.scopes = narrowed.scopes
    here.details["resource"] = question.resource
    here.write("allowed")
    return session


def _refuse(request: HttpRequest, reason: str) -> None:
    here = attempt.at(request)
    here.reason = reason
    with transaction.atomic():
        here.write("denied")


def _person(request: HttpRequest) -> User:
    """Return who is signed in. Only people can sign in."""
    return cast(User, request.user)

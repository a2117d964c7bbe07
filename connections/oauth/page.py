"""oauth.md 5: the consent page. It says who asks, where the person is sent, and what will be possible."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from csp.decorators import csp_update
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.scopes import SENTENCES, Scope
from connections import client_documents, consents, hypothetical, narrowing, redirect_uri
from connections.consents import Question
from connections.grant import Client, Grant
from connections.narrowing import Narrowed
from connections.oauth.pending import Asked

_WRITES: Final = frozenset({Scope.MCP_WRITE, Scope.ACCESS_MANAGEMENT})


@dataclass(frozen=True, slots=True)
class Line:
    """One scope in the person's words."""

    name: str
    sentence: str
    writes: bool
    is_new: bool


def show(
    request: HttpRequest, asked: Asked, question: Question, *, handle: str, tools: Sequence[Any], problem: str
) -> HttpResponseBase:
    """Render the page. Its form may lead to this server and to the redirect's origin, and nowhere else."""
    integration, before = question.integration, consents.allowed_before(question)
    given = narrowing.scopes_allowed(question.scopes, integration, write=False)
    context = {
        "handle": handle,
        "action": reverse("oauth_authorize" if asked.device is None else "oauth_device"),
        "is_for_device": asked.device is not None,
        "integration": integration,
        "document_host": client_documents.host(integration),
        "redirect_host": redirect_uri.host(question.redirect_uri),
        "stays_here": redirect_uri.stays_on_this_computer(question.redirect_uri),
        "resource": question.resource,
        "lines": [
            Line(name, str(SENTENCES[Scope(name)]), name in _WRITES, bool(before) and name not in before)
            for name in given
        ],
        "offers_write": Scope.MCP_WRITE in question.scopes and not asked.read_only,
        "needs_write": Scope.MCP_WRITE in integration.user_authorized_scopes,
        "write_sentence": SENTENCES[Scope.MCP_WRITE],
        "catalogs": [asked.catalog] if asked.catalog else narrowing.choosable_catalogs(question.user, asked.resource),
        "is_catalog_fixed": bool(asked.catalog),
        "durations": [(minutes, timedelta(minutes=minutes)) for minutes in narrowing.durations(integration)],
        "tools": tools,
        "problem": problem,
    }
    policy = {"form-action": [redirect_uri.source(question.redirect_uri)] if asked.device is None else []}

    @csp_update(policy)
    def page(request: HttpRequest) -> HttpResponseBase:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
        return render(request, "connections/consent.html", context, status=status)

    return page(request)


def answer(request: HttpRequest, asked: Asked, question: Question) -> Narrowed | None:
    """Return what the person allowed, or None for anything that is not a clear yes."""
    if request.POST.get("decision") != "allow":
        return None
    write = not asked.read_only and request.POST.get("write") == "on"
    allowed = narrowing.durations(question.integration)
    minutes = int(chosen) if (chosen := request.POST.get("minutes", "")).isdecimal() else 0
    return Narrowed(
        scopes=narrowing.scopes_allowed(question.scopes, question.integration, write=write),
        catalogs=_catalogs(request, asked, question),
        ends_at=narrowing.ends(question.integration, minutes if minutes in allowed else allowed[0], timezone.now()),
    )


def hypothetical_grant(question: Question) -> Grant:
    """Return the Grant that allowing everything would make, to list its tools."""
    integration = question.integration
    client = Client(integration.client_id, integration.name, frozenset(integration.scopes))
    return hypothetical.grant(question.user, client, frozenset(question.scopes), question.resource)


def _catalogs(request: HttpRequest, asked: Asked, question: Question) -> tuple[str, ...] | None:
    if asked.catalog:
        return (asked.catalog,)
    if request.POST.get("catalogs") != "chosen":
        return None
    usable = narrowing.choosable_catalogs(question.user, asked.resource)
    return tuple(name for name in request.POST.getlist("catalog") if name in usable)
